import { existsSync, mkdirSync, rmSync } from "node:fs";
import { createDeviceKeys, type DeviceKeys, findDevice, ready } from "../../../keys/index.ts";
import type { AuthCalls } from "../../net/auth-calls.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { saveAccountEntries } from "../../store/accounts.ts";
import { type Database, transact } from "../../store/database.ts";
import {
  type Identity,
  markRegistered,
  readIdentity,
  saveIdentity,
  setRelayUrl,
} from "../../store/identity.ts";
import { tryLock } from "../../store/lock.ts";
import { ChatError } from "../chat-error.ts";
import { connectAnonymously, connector } from "../connection/connect.ts";
import { syncConversations } from "../connection/sync.ts";
import { commandOf, openProfileDatabase, type Profile, type ProfilePaths } from "../profile.ts";
import { type Runtime, systemRuntime } from "../runtime.ts";
import { type AskWords, withAccountKey } from "./account-key.ts";
import { changeDevices, type Enrolment, proveForEnrolment, wasIn } from "./enrolment.ts";
import { deviceKeysOf } from "./own-keys.ts";
import { settleIn } from "./settle-in.ts";

export interface NewDeviceLogin {
  /** Folded to lower case. */
  readonly name: string;
  readonly password: string;
  /** Asked once the password is right, and only if the account key has something to sign. */
  readonly words: AskWords;
  /** With this device in, all others are signed out: they are lost, or a thief has one. */
  readonly signOutOthers?: boolean;
  readonly relay: RelayAddress;
  readonly paths: ProfilePaths;
  readonly readKey: () => Promise<Uint8Array>;
  /** Makes the profile key, or reads the one that another process has just made. */
  readonly createKey: () => Promise<Uint8Array>;
  readonly runtime?: Runtime;
}

/**
 * Makes this machine a further device of an account: the password proves who asks, the recovery words open the account
 * key, which signs the device in. Its keys are in the profile before the relay hears of them: a login cut at any instant
 * goes on with the same ones when it is run again. Throws `login_failed`, `bad_input` (words), `not_allowed` (too many
 * devices), `security_stop`, NetError.
 */
export async function addThisDevice(login: NewDeviceLogin): Promise<Profile> {
  const { paths, relay, name, password, runtime = systemRuntime } = login;
  await ready();
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  const lock = tryLock(paths.registerLock);
  if (lock === undefined) throw busy();
  let db: Database | undefined;
  const { auth, close } = await connectAnonymously(relay);
  try {
    db = await openUnfinished(login);
    const enrolment = await proveForEnrolment(auth, name, password, heldIn(db));
    db = await bringIn(db, login, auth, enrolment, runtime);
    const identity = registered(db, relay.url);
    const profile: Profile = { db, paths, identity, runtime };
    await settleIn(profile, auth, password, `This is a device of ${name} now`);
    await greet(profile);
    return profile;
  } catch (error) {
    db?.close();
    throw error;
  } finally {
    close();
    lock.release();
  }
}

/** Asks the account's other devices for what they know, so that the first that connects can answer. */
async function greet(profile: Profile): Promise<void> {
  try {
    const connection = await connector(profile)();
    try {
      await syncConversations(profile, connection);
    } finally {
      connection.close();
    }
  } catch (error) {
    // The next command that connects does it. What is wrong with the relay is in the profile, and told by that one.
    if (!(error instanceof NetError) && !(error instanceof ChatError)) throw error;
  }
}

/** The profile as an earlier, cut login of this name left it. */
async function openUnfinished({ name, paths, readKey }: NewDeviceLogin): Promise<Database | undefined> {
  if (!existsSync(paths.database)) return undefined;
  const db = openProfileDatabase(paths, await readKey());
  const identity = readIdentity(db);
  if (identity === undefined || isUnfinished(identity, name)) return db;
  db.close();
  const goOn = identity.stage === "pending" ? commandOf(identity) : "login";
  throw new ChatError("already_set_up", `This profile belongs to ${identity.name}.`, {
    hint: `Run \`chat ${goOn} ${identity.name}\`, or name another profile with \`--profile NAME\`.`,
  });
}

/** Whether a login of that name was begun here, and did not end. */
function isUnfinished(identity: Identity, name: string): boolean {
  return identity.stage === "pending" && identity.origin === "login" && identity.name === name;
}

function heldIn(db: Database | undefined) {
  const identity = db && readIdentity(db);
  return db === undefined || identity === undefined ? undefined : { db, identity };
}

/** The profile, with this device in the account. */
async function bringIn(
  begun: Database | undefined,
  login: NewDeviceLogin,
  auth: AuthCalls,
  enrolment: Enrolment,
  runtime: Runtime,
): Promise<Database> {
  const { name, password, signOutOthers = false } = login;
  const { chain, sealedAccountKey } = enrolment;
  const device = begunDevice(begun, enrolment);
  if (begun !== undefined && device !== undefined && findDevice(chain, device.deviceId) !== undefined) {
    if (!signOutOthers || chain.devices.length === 1) return begun;
  }
  const sealed = { name, sealedAccountKey, accountPublicKey: chain.accountKey };
  return withAccountKey(await login.words(), sealed, async (accountKey) => {
    const keys = device ?? createDeviceKeys(runtime.random);
    const db = begun ?? (await createProfile(login));
    try {
      if (device === undefined) keepKeys(db, login, enrolment, keys);
      const change = { device: keys, accountKey, signOutOthers, now: () => runtime.now() };
      const again = () => proveForEnrolment(auth, name, password, heldIn(db));
      await changeDevices(auth, db, enrolment, change, again);
      return db;
    } catch (error) {
      if (db !== begun) db.close();
      throw error;
    }
  });
}

/** The keys of a login that was cut; undefined if there are none, or if the device was signed out since. */
function begunDevice(db: Database | undefined, { chain }: Enrolment): DeviceKeys | undefined {
  const identity = heldIn(db)?.identity;
  if (identity === undefined) return undefined;
  const { deviceId } = identity;
  if (wasIn(chain, deviceId) && findDevice(chain, deviceId) === undefined) return undefined;
  return deviceKeysOf(identity);
}

async function createProfile({ paths, createKey }: NewDeviceLogin): Promise<Database> {
  // A key without a database protects nothing, and may not be kept in the way that is wanted now.
  rmSync(paths.key, { force: true });
  return openProfileDatabase(paths, await createKey(), { create: true });
}

function keepKeys(
  db: Database,
  { name, relay }: NewDeviceLogin,
  { chain, entries, sealedAccountKey, serverKey }: Enrolment,
  device: DeviceKeys,
): void {
  const [genesis] = entries;
  if (genesis === undefined) throw new Error("a verified chain without entries");
  transact(db, () => {
    if (heldIn(db) === undefined) saveAccountEntries(db, chain, 0, entries);
    const isKept = saveIdentity(db, {
      stage: "pending",
      origin: "login",
      accountId: chain.accountId,
      name,
      deviceId: device.deviceId,
      relayUrl: relay.url,
      genesis,
      accountPublicKey: chain.accountKey,
      sealedAccountKey,
      signingSecretKey: device.signing.secretKey,
      agreementSecretKey: device.identity.secretKey,
      agreementPublicKey: device.identity.publicKey,
      opaqueServerKey: serverKey,
      createdAt: chain.createdAt,
    });
    if (!isKept) throw busy();
  });
}

function registered(db: Database, relayUrl: string): Identity {
  transact(db, () => {
    setRelayUrl(db, relayUrl);
    markRegistered(db);
  });
  const identity = readIdentity(db);
  if (identity === undefined) throw new Error("a device without an identity");
  return identity;
}

function busy(): ChatError {
  return new ChatError("already_set_up", "Another process logs in or registers in this profile.", {
    hint: "Wait for it, or choose another profile with `--profile NAME`.",
  });
}
