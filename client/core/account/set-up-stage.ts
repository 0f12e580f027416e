import { existsSync } from "node:fs";
import { ready } from "../../../keys/index.ts";
import { readIdentity } from "../../store/identity.ts";
import { ProfileKeyError } from "../../store/profile-key-error.ts";
import { readRecoveryWords } from "../../store/recovery-words.ts";
import { readTokens } from "../../store/tokens.ts";
import { openProfileDatabase, type Profile, type ProfilePaths } from "../profile.ts";
import { systemRuntime } from "../runtime.ts";
import { type AskPassphrase, readKey } from "./unlock-profile.ts";

/** How far the making of an account has come in a profile. */
export type SetUpStage =
  | { readonly kind: "none" }
  /** It needs a passphrase, and none was given. */
  | { readonly kind: "locked" }
  /**
   * A registration that was cut. `begun`: its keys are made, its account perhaps not. `made`: the account is there, and
   * this device is not logged in, or its owner does not have the recovery words yet.
   */
  | { readonly kind: "begun" | "made"; readonly name: string; readonly relayUrl: string }
  /** A login of a further device that was cut: `addThisDevice` goes on with it. */
  | { readonly kind: "joining"; readonly name: string; readonly relayUrl: string }
  | { readonly kind: "ready"; readonly profile: Profile };

/** Opens the profile if its account is ready. Throws where there is a profile that does not open. */
export async function setUpStageOf(paths: ProfilePaths, passphrase: AskPassphrase): Promise<SetUpStage> {
  if (!existsSync(paths.key) && !existsSync(paths.database)) return { kind: "none" };
  let key: Uint8Array;
  try {
    key = await readKey(paths, passphrase);
  } catch (error) {
    if (error instanceof ProfileKeyError && error.code === "passphrase_needed") return { kind: "locked" };
    throw error;
  }
  if (!existsSync(paths.database)) return { kind: "none" };
  const db = openProfileDatabase(paths, key);
  const identity = readIdentity(db);
  const isReady = readTokens(db) !== undefined && readRecoveryWords(db) === undefined;
  if (identity?.stage === "registered" && isReady) {
    // Whoever has a profile verifies chains with it at once, without waiting for anything.
    await ready();
    return { kind: "ready", profile: { db, paths, identity, runtime: systemRuntime } };
  }
  db.close();
  if (identity === undefined) return { kind: "none" };
  const { name, relayUrl, stage, origin } = identity;
  const unfinished = origin === "login" ? "joining" : "begun";
  return { kind: stage === "pending" ? unfinished : "made", name, relayUrl };
}
