import { existsSync, rmSync } from "node:fs";
import { equal, findDevice } from "../../../keys/index.ts";
import { eraseProfileKey } from "../../store/profile-key.ts";
import { ProfileKeyError } from "../../store/profile-key-error.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { ownChain, refreshChains } from "../people/account-chains.ts";
import type { Profile, ProfilePaths } from "../profile.ts";
import { appendRevocation } from "./devices.ts";
import { signedOutHere } from "./signed-out.ts";

/**
 * Signs this device out of its account: it tells the relay and everybody else itself. The last device cannot (SPEC §2.4):
 * `words` then open the account key; without them the device stays in the account, with keys that nobody has once the profile
 * is erased. Whether it is out. Rejects with NetError when the relay cannot be reached: then nothing has changed.
 */
export async function signOut(
  profile: Profile,
  connect: Connect,
  words: () => Promise<string | undefined>,
): Promise<boolean> {
  const { accountId, deviceId } = profile.identity;
  try {
    const connection = await connect();
    try {
      await refreshChains(profile, connection, [accountId]);
      const device = findDevice(ownChain(profile), deviceId);
      if (device === undefined) return true;
      const isLast = ownChain(profile).devices.every((each) => equal(each.deviceId, deviceId));
      const given = isLast ? await words() : undefined;
      if (isLast && given === undefined) return false;
      await appendRevocation(profile, connection, device, given);
      return true;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (signedOutHere(profile, error) !== undefined) return true;
    throw error;
  }
}

/** Whether there is anything of a profile, be it usable or not. */
export function profileExists(paths: ProfilePaths): boolean {
  return existsSync(paths.database) || existsSync(paths.key);
}

/** Key first: what is left of the database is noise then. False: the keyring could not be reached, and keeps the key. */
export async function eraseProfile(paths: ProfilePaths): Promise<boolean> {
  let isComplete = true;
  try {
    await eraseProfileKey(paths.key);
  } catch (error) {
    if (!(error instanceof ProfileKeyError)) throw error;
    isComplete = false;
  }
  rmSync(paths.folder, { recursive: true, force: true, maxRetries: 3 });
  return isComplete;
}
