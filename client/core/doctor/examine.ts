import { type AskPassphrase, unlockProfile } from "../account/unlock-profile.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../profile.ts";
import { type Check, failed, good } from "./check.ts";
import { checkFolder } from "./check-folder.ts";
import { checkProfile } from "./check-profile.ts";
import { checkRelay } from "./check-relay.ts";

export interface Patient {
  readonly version: string;
  readonly paths: ProfilePaths;
  readonly passphrase: AskPassphrase;
  /** The address that was asked for, in place of the profile's own. */
  readonly relay: string | undefined;
}

/** Looks at everything that has to be right, one thing after the other, and goes on whatever it finds. Never throws. */
export async function* examine({ version, paths, passphrase, relay }: Patient): AsyncGenerator<Check> {
  yield good("program", `Sotto ${version}, Node ${process.versions.node}, profile ${paths.name}`);
  yield* checkFolder(paths);
  let profile: Profile | undefined;
  try {
    profile = await unlockProfile(paths, passphrase);
    yield good("profile", `opens; it belongs to ${profile.identity.name}`);
  } catch (error) {
    yield failed("profile", error);
  }
  try {
    if (profile !== undefined) yield* checkProfile(profile);
    yield* checkRelay(profile, relay);
  } finally {
    if (profile !== undefined) closeProfile(profile);
  }
}
