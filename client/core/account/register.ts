import { existsSync, rmSync } from "node:fs";
import { accountId, ready, validName } from "../../../keys/index.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { type Database, transact } from "../../store/database.ts";
import {
  forgetPendingIdentity,
  type Identity,
  markRegistered,
  readIdentity,
  saveIdentity,
  setRelayUrl,
} from "../../store/identity.ts";
import { tryLock } from "../../store/lock.ts";
import { forgetRecoveryWords, readRecoveryWords, saveRecoveryWords } from "../../store/recovery-words.ts";
import { ChatError } from "../chat-error.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { badName, foldName } from "../people/names.ts";
import { openProfileDatabase, type Profile, type ProfilePaths } from "../profile.ts";
import { type Runtime, systemRuntime } from "../runtime.ts";
import { askForName, checkNewPassword, startRegistration } from "./account-password.ts";
import { makeAccount } from "./make-account.ts";
import { settleIn } from "./settle-in.ts";

/** Who gives the recovery words to their owner. */
export interface WordsKeeper {
  /** Before the account exists: what throws here prevents it. May come again with the same words. */
  keep(words: readonly string[]): void;
  /** There will be no account with these words. */
  discard(): void;
  /** The account exists. When this resolves its owner has the words, and Sotto forgets them. */
  handOver(words: readonly string[]): Promise<void>;
}

export interface Registration {
  /** As `checkNewName` gave it. */
  readonly name: string;
  readonly password: string;
  readonly relay: RelayAddress;
  /** Token of an invitation, for a relay that wants one. */
  readonly invitation?: string | undefined;
  readonly paths: ProfilePaths;
  readonly readKey: () => Promise<Uint8Array>;
  /** Makes the profile key, or reads the one that another process has just made. */
  readonly createKey: () => Promise<Uint8Array>;
  readonly words: WordsKeeper;
  readonly runtime?: Runtime;
}

/** The name folded to lower case. Throws `bad_name`. */
export function checkNewName(given: string): string {
  const name = foldName(given);
  if (validName(name) && name !== "me") return name;
  throw badName(given);
}

/**
 * Throws `name_taken`, and NetError `invitation_needed` or `invitation_invalid` where the relay wants another token than
 * this one. What is free now may be taken a moment later.
 */
export async function checkNameIsFree(
  name: string,
  relay: RelayAddress,
  invitation = "",
  runtime = systemRuntime,
): Promise<void> {
  const { auth, close } = await connectAnonymously(relay);
  try {
    await askForName(auth, { name, accountId: accountId(runtime.random(32)), invitation });
  } catch (error) {
    throw isNameTaken(error) ? nameTaken(name, error) : error;
  } finally {
    close();
  }
}

/**
 * Makes an account with this machine as its first device, and logs it in. Keys and words are in the profile before the
 * relay hears of them: a registration cut at any instant goes on with the same keys when it is run again.
 */
export async function register(registration: Registration): Promise<Profile> {
  const { paths, relay, password, runtime = systemRuntime } = registration;
  await ready();
  checkNewPassword(password);
  const unfinished = await openUnfinished(registration);
  const { auth, close } = await connectAnonymously(relay);
  let db = unfinished;
  try {
    db ??= await begin(registration, auth, runtime);
    const identity = await finish(db, registration, auth);
    const words = readRecoveryWords(db);
    if (words !== undefined) await registration.words.handOver(words);
    forgetRecoveryWords(db);
    const profile: Profile = { db, paths, identity, runtime };
    await settleIn(profile, auth, password, `The account ${identity.name} is made`);
    return profile;
  } catch (error) {
    db?.close();
    throw error;
  } finally {
    close();
  }
}

/** The profile as an earlier, cut registration of this name left it. */
async function openUnfinished({ name, paths, readKey }: Registration): Promise<Database | undefined> {
  if (!existsSync(paths.database)) return undefined;
  const db = openProfileDatabase(paths, await readKey());
  const identity = readIdentity(db);
  const goesOn = identity?.stage === "pending" || readRecoveryWords(db) !== undefined;
  if (identity?.name === name && goesOn) return db;
  db.close();
  if (identity === undefined) return undefined;
  if (identity.stage === "registered") {
    throw new ChatError("already_set_up", `This profile belongs to ${identity.name}.`, {
      hint: "Choose another with `--profile NAME`.",
    });
  }
  throw new ChatError(
    "already_set_up",
    `The registration of ${identity.name} in this profile is unfinished.`,
    {
      hint: `Finish it with \`chat register ${identity.name}\`, or choose another profile with \`--profile NAME\`.`,
    },
  );
}

/** Asks the relay first: nearly every name that is taken is found out before anything is kept. */
async function begin(registration: Registration, auth: AuthCalls, runtime: Runtime): Promise<Database> {
  const { name, password, paths, relay, invitation = "", createKey } = registration;
  const made = makeAccount(name, relay.url, runtime);
  await startRegistration(auth, { ...made.identity, invitation }, password).catch((error: unknown) => {
    throw isNameTaken(error) ? nameTaken(name, error) : error;
  });
  // A key without a database protects nothing, and may not be kept in the way that is wanted now.
  if (!existsSync(paths.database)) rmSync(paths.key, { force: true });
  const db = openProfileDatabase(paths, await createKey(), { create: true });
  const isOurs = transact(db, () => {
    if (readIdentity(db) !== undefined || !saveIdentity(db, made.identity)) return false;
    saveRecoveryWords(db, made.words);
    return true;
  });
  if (isOurs) return db;
  db.close();
  throw busy();
}

/** Makes the account at the relay; done before, it is only looked at. */
async function finish(db: Database, registration: Registration, auth: AuthCalls): Promise<Identity> {
  const { paths, relay, password, invitation = "", words: keeper } = registration;
  const lock = tryLock(paths.registerLock);
  if (lock === undefined) throw busy();
  try {
    const [identity, words] = [readIdentity(db), readRecoveryWords(db)];
    if (identity === undefined || words === undefined) throw busy();
    keeper.keep(words);
    if (identity.stage === "registered") return identity;
    setRelayUrl(db, relay.url);
    const { genesis, sealedAccountKey } = identity;
    const registrationRecord = await startRegistration(auth, { ...identity, invitation }, password);
    await auth.finishRegistration({ genesis, registrationRecord, sealedAccountKey, invitation });
    markRegistered(db);
    return { ...identity, stage: "registered", relayUrl: relay.url };
  } catch (error) {
    if (!isNameTaken(error)) throw error;
    transact(db, () => {
      forgetPendingIdentity(db);
      forgetRecoveryWords(db);
    });
    keeper.discard();
    throw nameTaken(registration.name, error);
  } finally {
    lock.release();
  }
}

function isNameTaken(error: unknown): error is NetError {
  return error instanceof NetError && error.reason === "name_taken";
}

function nameTaken(name: string, cause: unknown): ChatError {
  return new ChatError("name_taken", `The name ${name} is taken.`, { hint: "Choose another name.", cause });
}

function busy(): ChatError {
  return new ChatError("already_set_up", "Another process registers an account in this profile.", {
    hint: "Wait for it, or choose another profile with `--profile NAME`.",
  });
}
