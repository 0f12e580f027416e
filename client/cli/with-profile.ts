import { expireMessages } from "../core/expire-messages.ts";
import { profilePaths } from "../core/paths.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../core/profile.ts";
import { unlockProfile } from "../core/unlock-profile.ts";
import type { Context } from "./context.ts";
import { profilePassphrase } from "./secrets.ts";

export function pathsOf(context: Context): ProfilePaths {
  return profilePaths(context.environment, context.profileName);
}

/** Opens the profile for the time of `work`. */
export async function withProfile<T>(context: Context, work: (profile: Profile) => Promise<T>): Promise<T> {
  const profile = await unlockProfile(pathsOf(context), () => profilePassphrase(context));
  try {
    expireMessages(profile);
    return await work(profile);
  } finally {
    closeProfile(profile);
  }
}
