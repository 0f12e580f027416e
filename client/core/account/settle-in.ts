import type { AuthCalls } from "../../net/auth-calls.ts";
import { ChatError } from "../chat-error.ts";
import { connector } from "../connection/connect.ts";
import { explainFailure } from "../explain-failure.ts";
import type { Profile } from "../profile.ts";
import { logIn } from "./log-in.ts";
import { makePrekeys, publishPrekeys } from "./prekey-upkeep.ts";

/**
 * What makes a device reachable that has just come into its account. When it fails, the device is in all the same: `done`
 * says so, as the beginning of a sentence.
 */
export async function settleIn(
  profile: Profile,
  auth: AuthCalls,
  password: string,
  done: string,
): Promise<void> {
  try {
    await logIn(profile, auth, password);
    const connection = await connector(profile)();
    try {
      await makePrekeys(profile);
      await publishPrekeys(profile, connection);
    } finally {
      connection.close();
    }
  } catch (cause) {
    const why = explainFailure(cause);
    throw new ChatError(why.code, `${done}, but not logged in: ${why.message}`, {
      hint: `Run \`chat login ${profile.identity.name}\`.`,
      cause,
    });
  }
}
