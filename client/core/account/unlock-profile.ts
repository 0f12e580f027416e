import { ready } from "../../../keys/index.ts";
import { createProfileKey, type KeyKind, readProfileKey } from "../../store/profile-key.ts";
import { openProfile, type Profile, type ProfilePaths } from "../profile.ts";

/** Gives the passphrase of the profile; undefined when there is nobody to ask. */
export type AskPassphrase = () => Promise<string | undefined>;

/** Opens the profile of an account. Throws `not_set_up` when there is none. */
export async function unlockProfile(paths: ProfilePaths, passphrase: AskPassphrase): Promise<Profile> {
  // Even what asks nobody may have to verify a chain that is here.
  await ready();
  return openProfile(paths, await readKey(paths, passphrase));
}

export function readKey(paths: ProfilePaths, passphrase: AskPassphrase): Promise<Uint8Array> {
  return readProfileKey(paths.key, passphrase);
}

/** A new key, kept in a file of its owner's, or as the environment asks: sealed by a passphrase, or in the keyring. */
export function createKey(
  paths: ProfilePaths,
  environment: Readonly<Record<string, string | undefined>>,
  passphrase: AskPassphrase,
): Promise<Uint8Array> {
  let kind: KeyKind = "plain";
  if (environment["CHAT_PASSPHRASE_FILE"]) kind = "passphrase";
  else if (environment["CHAT_KEYRING"] === "1") kind = "keyring";
  return createProfileKey(paths.key, { kind, passphrase });
}
