// What an account chain may say, SPEC §2.4-§2.6: a fold of signed entries into the devices of an account.
import { type AccountEntry, type ChainHead, type Device, newcomer, readEntry } from "./account-entry.ts";
import { equal, toHex } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  accountId,
  type DeviceId,
  type Hash,
  type RecoveryPublicKey,
  type SigningPublicKey,
} from "./ids.ts";
import { hashLabelled, verify } from "./labelled.ts";
import { labels } from "./labels.ts";
import { isEd25519PublicKey, isX25519PublicKey, isXwingPublicKey } from "./sodium.ts";

export const MAX_ACTIVE_DEVICES = 8;
export const MAX_ENTRIES = 1024;
/** From this sequence on only the account key may sign, so that a thief's device cannot fill the chain. */
export const MAX_DEVICE_ENTRIES = 960;

export interface ActiveDevice extends Device {
  readonly addedSequence: number;
  readonly addedAt: number;
}

/** A stretch of the chain in which a device was active: after the entries `from` up to, but without, `until`. */
export interface DeviceSpan {
  readonly device: Device;
  readonly from: number;
  /** Null: it still is. */
  readonly until: number | null;
}

/** A plain value; `verifyChain` of the stored entries makes the same one again. */
export interface ChainState {
  readonly accountId: AccountId;
  readonly name: string;
  readonly accountKey: SigningPublicKey;
  readonly recoveryKey: RecoveryPublicKey;
  readonly createdAt: number;
  readonly head: ChainHead;
  /** In the order in which they were added. */
  readonly devices: readonly ActiveDevice[];
  /** The hash of every entry, by sequence. */
  readonly hashes: readonly Hash[];
  /** Every device that ever was in: neither its id nor its keys come back (SPEC §2.4). */
  readonly formerAndActive: readonly Device[];
  /** When each device was active. One that an override brought back has two spans. */
  readonly spans: readonly DeviceSpan[];
  /** The device lists after each entry from the last one signed by the account key on: where an override may go back to. */
  readonly restorable: readonly (readonly ActiveDevice[])[];
}

/** What is remembered of somebody's chain. */
export interface ChainPin extends ChainHead {
  readonly accountId: AccountId;
}

/** Evidence of a `fork`: one sequence, two hashes. Of a `rollback`: the pin, and the older head that was shown. */
export interface HeadConflict {
  readonly pinned: ChainHead;
  readonly seen: ChainHead;
}

function notPermitted(message: string): KeysError {
  return new KeysError("not_permitted", message);
}

function conflict(code: "fork" | "rollback", message: string, evidence: HeadConflict): KeysError {
  return new KeysError(code, message, { evidence });
}

export function findDevice(chain: ChainState, id: DeviceId): ActiveDevice | undefined {
  return chain.devices.find((device) => equal(device.deviceId, id));
}

/**
 * The device, if it was active right after entry `sequence`. An override does not change what was: it voids
 * entries for what comes after it, but what was signed at their heads stays checkable with the same outcome.
 */
export function activeAt(chain: ChainState, sequence: number, id: DeviceId): Device | undefined {
  const span = chain.spans.find(
    ({ device, from, until }) =>
      from <= sequence && (until === null || sequence < until) && equal(device.deviceId, id),
  );
  return span?.device;
}

/**
 * Checks entries from genesis, or those that follow `onto`, and returns the state after the last one; `onto`
 * stays as it is. Throws `malformed`, `unsupported_version`, `wrong_account`, `fork` (an entry that follows
 * another head than ours), `not_permitted`, `bad_key`, `bad_signature`.
 */
export function verifyChain(entries: readonly Uint8Array[], onto?: ChainState): ChainState {
  if (entries.length > MAX_ENTRIES) throw notPermitted("too many entries");
  let chain = onto;
  for (const bytes of entries) {
    const entry = readEntry(bytes);
    chain = chain === undefined ? begin(entry) : follow(chain, entry);
  }
  if (chain === undefined) throw new KeysError("malformed", "no entries");
  return chain;
}

function begin(entry: AccountEntry): ChainState {
  const { content } = entry;
  if (content.type !== "genesis") throw new KeysError("malformed", "the first entry is not genesis");
  checkDeviceKeys(content.device);
  if (!isEd25519PublicKey(content.accountKey) || !isXwingPublicKey(content.recoveryKey)) {
    throw new KeysError("bad_key", "not an acceptable account or recovery key");
  }
  if (equal(content.device.signingKey, content.accountKey))
    throw notPermitted("the account key as device key");
  checkSignatures(entry, accountKeyOf(entry, content.accountKey));
  const devices = [activate(content.device, entry)];
  return {
    accountId: accountId(hashLabelled(labels.accountId, entry.body)),
    name: content.name,
    accountKey: content.accountKey,
    recoveryKey: content.recoveryKey,
    createdAt: entry.createdAt,
    head: { sequence: 0, hash: entry.hash },
    devices,
    hashes: [entry.hash],
    formerAndActive: [content.device],
    spans: spansAfter([], devices, 0),
    restorable: [devices],
  };
}

function follow(chain: ChainState, entry: AccountEntry): ChainState {
  checkPlace(chain, entry);
  const joining = newcomer(entry.content);
  const bySelf = entry.signatures[0]?.device ?? null;
  if (bySelf !== null && entry.sequence >= MAX_DEVICE_ENTRIES)
    throw notPermitted("only the account key may go on");
  const authority = bySelf === null ? chain.accountKey : findDevice(chain, bySelf)?.signingKey;
  if (authority === undefined) throw notPermitted("signed by a device that is not active");

  let devices = devicesAfter(chain, entry, bySelf !== null);
  if (joining !== null) {
    checkNew(chain, joining);
    if (devices.length >= MAX_ACTIVE_DEVICES) throw notPermitted("too many devices");
    devices = [...devices, activate(joining, entry)];
  }
  checkSignatures(entry, authority);

  return {
    ...chain,
    head: { sequence: entry.sequence, hash: entry.hash },
    devices,
    hashes: [...chain.hashes, entry.hash],
    formerAndActive: joining === null ? chain.formerAndActive : [...chain.formerAndActive, joining],
    spans: spansAfter(chain.spans, devices, entry.sequence),
    restorable: bySelf === null ? [devices] : [...chain.restorable, devices],
  };
}

function checkPlace(chain: ChainState, entry: AccountEntry): void {
  if (entry.accountId === null || !equal(entry.accountId, chain.accountId)) {
    throw new KeysError("wrong_account", "an entry of another account");
  }
  const { head } = chain;
  if (entry.sequence !== head.sequence + 1) throw new KeysError("malformed", "not the next entry");
  if (!equal(entry.previous, head.hash)) {
    const seen = { sequence: head.sequence, hash: entry.previous };
    throw conflict("fork", "an entry that follows another history", { pinned: head, seen });
  }
  if (entry.sequence >= MAX_ENTRIES) throw notPermitted("the chain is full");
}

/** The devices after this entry, without the one that joins. */
function devicesAfter(chain: ChainState, entry: AccountEntry, byDevice: boolean): readonly ActiveDevice[] {
  const { content } = entry;
  switch (content.type) {
    case "genesis":
      throw new KeysError("malformed", "a second genesis");
    case "add":
      return chain.devices;
    case "revoke": {
      if (findDevice(chain, content.deviceId) === undefined) throw notPermitted("that device is not active");
      if (byDevice && chain.devices.length === 1) throw notPermitted("the last device cannot revoke itself");
      return chain.devices.filter((device) => !equal(device.deviceId, content.deviceId));
    }
    case "override": {
      if (byDevice) throw notPermitted("only the account key overrides");
      return devicesAt(chain, content.keep);
    }
  }
}

function spansAfter(
  spans: readonly DeviceSpan[],
  devices: readonly ActiveDevice[],
  sequence: number,
): DeviceSpan[] {
  const open = new Set<string>();
  const active = new Set(devices.map(({ deviceId }) => toHex(deviceId)));
  const kept = spans.map((span) => {
    if (span.until !== null) return span;
    const id = toHex(span.device.deviceId);
    open.add(id);
    return active.has(id) ? span : { ...span, until: sequence };
  });
  const begun = devices.filter(({ deviceId }) => !open.has(toHex(deviceId)));
  return [...kept, ...begun.map((device) => ({ device, from: sequence, until: null }))];
}

/** The devices as they were after entry `keep`, if nothing since then was signed by the account key. */
function devicesAt(chain: ChainState, keep: ChainHead): readonly ActiveDevice[] {
  const known = chain.hashes[keep.sequence];
  if (known === undefined || !equal(known, keep.hash)) throw notPermitted("an override of unknown entries");
  const oldest = chain.head.sequence + 1 - chain.restorable.length;
  const devices = chain.restorable[keep.sequence - oldest];
  if (devices === undefined) throw notPermitted("an override of what the account key signed");
  return devices;
}

function checkNew(chain: ChainState, joining: Device): void {
  checkDeviceKeys(joining);
  if (equal(joining.signingKey, chain.accountKey)) throw notPermitted("the account key as device key");
  for (const known of chain.formerAndActive) {
    const repeats =
      equal(known.deviceId, joining.deviceId) ||
      equal(known.signingKey, joining.signingKey) ||
      equal(known.identityKey, joining.identityKey);
    if (repeats) throw notPermitted("a device id or key that was used before");
  }
}

function checkDeviceKeys(device: Device): void {
  if (!isEd25519PublicKey(device.signingKey) || !isX25519PublicKey(device.identityKey)) {
    throw new KeysError("bad_key", "not an acceptable device key");
  }
}

function accountKeyOf(entry: AccountEntry, accountKey: SigningPublicKey): SigningPublicKey {
  if (entry.signatures[0]?.device !== null) throw notPermitted("genesis is signed by the account key");
  return accountKey;
}

function checkSignatures(entry: AccountEntry, authority: SigningPublicKey): void {
  const signers = [authority];
  const joining = newcomer(entry.content);
  if (joining !== null) signers.push(joining.signingKey);
  const good = signers.every((key, index) => {
    const made = entry.signatures[index];
    return made !== undefined && verify(labels.accountEntry, entry.body, made.signature, key);
  });
  if (!good) throw new KeysError("bad_signature", "a signature of an account entry does not verify");
}

function activate(device: Device, entry: AccountEntry): ActiveDevice {
  return { ...device, addedSequence: entry.sequence, addedAt: entry.createdAt };
}

export function headOf(chain: ChainState): ChainPin {
  return { accountId: chain.accountId, ...chain.head };
}

/**
 * Compares what we remember with a verified chain. Throws `wrong_account`; `rollback` if the chain is older
 * than the pin; `fork` if it tells another history; the last two with a HeadConflict as evidence (SPEC §2.6).
 */
export function checkPin(pin: ChainPin, chain: ChainState): "same" | "advanced" {
  if (!equal(pin.accountId, chain.accountId))
    throw new KeysError("wrong_account", "a chain of another account");
  const pinned = { sequence: pin.sequence, hash: pin.hash };
  const seen = chain.hashes[pin.sequence];
  if (seen === undefined) {
    throw conflict("rollback", "an older chain than was seen before", { pinned, seen: chain.head });
  }
  if (!equal(seen, pin.hash)) {
    throw conflict("fork", "another history than was seen before", {
      pinned,
      seen: { sequence: pin.sequence, hash: seen },
    });
  }
  return pin.sequence === chain.head.sequence ? "same" : "advanced";
}
