import { type Database, openDatabase } from "../store/database.ts";
import { type Identity, readIdentity } from "../store/identity.ts";
import { StoreError } from "../store/store-error.ts";
import { ChatError } from "./chat-error.ts";
import { explainStoreError, noAccount } from "./explain-store-error.ts";
import { type Runtime, systemRuntime } from "./runtime.ts";

/** Where a profile lies; absolute paths. */
export interface ProfilePaths {
  readonly home: string;
  /** The profile's name. */
  readonly name: string;
  readonly folder: string;
  readonly database: string;
  /** Holds the profile key, or says where it is. */
  readonly key: string;
  readonly liveLock: string;
  readonly drainLock: string;
  /** Held while tokens are refreshed. */
  readonly refreshLock: string;
  /** Held while an account is being registered. */
  readonly registerLock: string;
}

/** An opened profile: everything a use case works on. */
export interface Profile {
  readonly db: Database;
  readonly paths: ProfilePaths;
  readonly identity: Identity;
  readonly runtime: Runtime;
}

/** Opens the profile of an account. Throws `not_set_up` when there is none, or only one whose registration never ended. */
export function openProfile(paths: ProfilePaths, key: Uint8Array, runtime: Runtime = systemRuntime): Profile {
  const db = openProfileDatabase(paths, key);
  const identity = readIdentity(db);
  if (identity?.stage === "registered") return { db, paths, identity, runtime };
  db.close();
  throw new ChatError(noAccount.code, noAccount.message, {
    hint:
      identity === undefined
        ? noAccount.hint
        : `Its ${identity.origin} was interrupted: run \`chat ${commandOf(identity)} ${identity.name}\` again to finish it.`,
  });
}

/** With which an interrupted one goes on. */
export function commandOf({ origin }: Identity): string {
  return origin === "login" ? "login" : "register";
}

/** The profile's database alone, for registration and login, which go on where an earlier one was interrupted. */
export function openProfileDatabase(
  paths: ProfilePaths,
  key: Uint8Array,
  options: { create?: boolean } = {},
): Database {
  try {
    return openDatabase(paths.database, key, options);
  } catch (error) {
    if (StoreError.is(error)) throw explainStoreError(StoreError.from(error));
    throw error;
  }
}

export function closeProfile(profile: Profile): void {
  profile.db.close();
}
