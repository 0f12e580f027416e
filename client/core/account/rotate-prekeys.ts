import { ready } from "../../../keys/index.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { publishPrekeys, replacePrekeys } from "./prekey-upkeep.ts";

/**
 * Replaces the signed and the last-resort prekey before they are a week old. What others set up with the old ones still
 * opens: private halves are kept as after any rotation. Rejects with NetError; the new ones go out at the next upkeep then.
 */
export async function rotatePrekeys(profile: Profile, connect: Connect): Promise<void> {
  await ready();
  replacePrekeys(profile);
  const connection = await connect();
  try {
    await publishPrekeys(profile, connection);
  } finally {
    connection.close();
  }
}
