import {
  type AccountId,
  type ActiveDevice,
  accountId,
  type ChainState,
  type DeviceKeys,
  dmConversationId,
  equal,
  findDevice,
  KeysError,
  selfConversationId,
  sha256,
  toHex,
  validName,
  verifyChain,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { ChainEntries, RelayConnection } from "../../net/relay-connection.ts";
import {
  accountsBehind,
  forgetNamedHead,
  pinName,
  readAccount,
  readAccountEntries,
  saveAccountEntries,
} from "../../store/accounts.ts";
import { saveChangedKey } from "../../store/changed-keys.ts";
import { findDirect } from "../../store/conversations.ts";
import { type Database, transact } from "../../store/database.ts";
import { addEvent } from "../../store/events.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";
import { alarm, type Finding, record } from "./security.ts";

const MAX_ACCOUNTS_A_CALL = 100;

/** Verified chains by account; good as long as their head is the pinned one. */
const verified = new WeakMap<Database, Map<string, ChainState>>();

/** The pinned, verified chain of an account; undefined if this profile has never seen it. */
export function knownChain(profile: Profile, account: AccountId): ChainState | undefined {
  const { db, identity } = profile;
  const stored = readAccount(db, account);
  const isOwn = equal(account, identity.accountId);
  if (stored === undefined && !isOwn) return undefined;
  let chains = verified.get(db);
  if (chains === undefined) {
    chains = new Map();
    verified.set(db, chains);
  }
  const key = toHex(account);
  const found = chains.get(key);
  if (found !== undefined && (stored === undefined || equal(found.head.hash, stored.head.hash))) return found;
  const chain = verifyChain(stored === undefined ? [identity.genesis] : readAccountEntries(db, account));
  chains.set(key, chain);
  return chain;
}

export function ownChain(profile: Profile): ChainState {
  const chain = knownChain(profile, profile.identity.accountId);
  if (chain === undefined) throw new Error("a profile without its own chain");
  return chain;
}

/** From then on the own chain is caught up with like any other. */
export function pinOwnChain(profile: Profile): void {
  const { accountId: own, genesis } = profile.identity;
  transact(profile.db, () => {
    if (readAccount(profile.db, own) !== undefined) return;
    saveAccountEntries(profile.db, verifyChain([genesis]), 0, [genesis]);
  });
}

/** This device as its account's chain has it. Throws `signed_out` once it was removed from that. */
export function ownDevice(profile: Profile): ActiveDevice {
  const device = findDevice(ownChain(profile), profile.identity.deviceId);
  if (device !== undefined) return device;
  throw new ChatError("signed_out", "This device is not part of your account any more.");
}

/** This device's signing keys, for what it has to sign. Throws `signed_out`. */
export function ownDeviceKeys(profile: Profile): Pick<DeviceKeys, "deviceId" | "signing"> {
  const { deviceId, signingKey } = ownDevice(profile);
  return { deviceId, signing: { publicKey: signingKey, secretKey: profile.identity.signingSecretKey } };
}

/** The account behind a name that is not known yet. Throws `unknown_person`, `security_stop`, or NetError. */
export async function meetPerson(
  profile: Profile,
  connection: RelayConnection,
  name: string,
): Promise<AccountId> {
  const people = await connection.lookUpPeople({ names: [name] }).catch((error: unknown) => {
    throw error instanceof NetError && error.reason === "directory_closed" ? notLookedUp(name, error) : error;
  });
  const person = people.find((each) => each.name === name);
  if (person === undefined) throw unknownPerson(name);
  if (person.accountId.length !== 32) throw alarm(profile, invalidChain(name));
  const account = accountId(person.accountId);
  await refreshChains(profile, connection, [account]);
  const chain = knownChain(profile, account);
  if (chain === undefined) throw unknownPerson(name);
  if (chain.name !== name) {
    throw alarm(profile, {
      kind: "name_moved",
      text: `The relay says that ${name} is an account that calls itself ${chain.name}.`,
      accountId: account,
    });
  }
  return account;
}

/** A relay whose directory is off: to a message it is the same as if there were nobody. */
function notLookedUp(name: string, cause: unknown): ChatError {
  return new ChatError("unknown_person", `This relay looks up no names, so ${name} cannot be found.`, {
    hint: "Who has a conversation with you, or a group, can be written to.",
    cause,
  });
}

function unknownPerson(name: string): ChatError {
  return new ChatError("unknown_person", `Nobody on this relay is called ${name}.`, {
    hint: "`chat people` lists everybody.",
  });
}

/**
 * Brings the chains of these accounts up to date, from genesis for those never seen, and moves their pins. An account
 * that the relay does not know stays unknown. Throws `security_stop` for a chain that does not verify or contradicts
 * what is pinned.
 */
export async function refreshChains(
  profile: Profile,
  connection: RelayConnection,
  accounts: readonly AccountId[],
): Promise<void> {
  if (accounts.some((account) => equal(account, profile.identity.accountId))) pinOwnChain(profile);
  for (let at = 0; at < accounts.length; at += MAX_ACCOUNTS_A_CALL) {
    // Read before the relay is asked: the answer goes on from here, whatever somebody else takes in meanwhile.
    const wanted = accounts.slice(at, at + MAX_ACCOUNTS_A_CALL).map((account) => {
      const before = knownChain(profile, account);
      return { account, before, held: before === undefined ? 0 : before.head.sequence + 1 };
    });
    const answers = await connection.getAccountChains(
      wanted.map(({ account, held }) => ({ accountId: account, entriesHeld: BigInt(held) })),
    );
    const verified: VerifiedChain[] = [];
    try {
      for (const { account, before, held } of wanted) {
        const answer = answers.find((each) => equal(each.accountId, account));
        if (answer === undefined) continue;
        const after = verifyAnswer(profile, account, before, answer);
        if (after !== before) verified.push({ account, held, before, after, entries: answer.entries });
      }
    } finally {
      takeChains(profile, verified);
    }
  }
}

/** The whole chain of an account, verified and not kept. Throws as `refreshChains` does; undefined: nobody has it. */
export async function fetchChain(
  profile: Profile,
  connection: RelayConnection,
  account: AccountId,
): Promise<{ readonly chain: ChainState; readonly entries: readonly Uint8Array[] } | undefined> {
  const answers = await connection.getAccountChains([{ accountId: account, entriesHeld: 0n }]);
  const answer = answers.find((each) => equal(each.accountId, account));
  if (answer === undefined) return undefined;
  return { chain: verifyAnswer(profile, account, undefined, answer), entries: answer.entries };
}

interface VerifiedChain {
  readonly account: AccountId;
  /** How many entries were here when the relay was asked. */
  readonly held: number;
  readonly before: ChainState | undefined;
  readonly after: ChainState;
  readonly entries: readonly Uint8Array[];
}

/** In one transaction: a room has 256 members, and each commit waits for the disk. */
function takeChains(profile: Profile, verified: readonly VerifiedChain[]): void {
  if (verified.length === 0) return;
  const conflicts = transact(profile.db, () => verified.flatMap((chain) => takeChain(profile, chain) ?? []));
  const [error] = conflicts.map((finding) => alarm(profile, finding));
  if (error !== undefined) throw error;
}

function takeChain(
  profile: Profile,
  { account, held, before, after, entries }: VerifiedChain,
): Finding | undefined {
  const now = readAccount(profile.db, account);
  // Another process was quicker: what it verified stands.
  if ((now === undefined ? 0 : now.head.sequence + 1) !== held) return undefined;
  const pinned = equal(account, profile.identity.accountId)
    ? account
    : pinName(profile.db, after.name, account);
  if (!equal(pinned, account)) {
    noteChangedKey(profile, after.name, pinned, account);
    return {
      kind: "name_moved",
      text: `The relay shows another account under the name ${after.name} than before.`,
      accountId: account,
      evidence: { pinned, seen: account },
    };
  }
  saveAccountEntries(profile.db, after, held, entries);
  if (before !== undefined) recordDevices(profile, before, after);
  return undefined;
}

/** Nothing is sent to the name until somebody decides which account it stands for. */
function noteChangedKey(profile: Profile, name: string, pinned: AccountId, seen: AccountId): void {
  saveChangedKey(profile.db, name, seen, profile.runtime.now());
  tellEvent(profile, "key_changed", pinned, seen, { account: toHex(seen), accepted: false });
}

/** To those who follow the conversation with an account; the same event on every device. Inside a transaction. */
function tellEvent(
  { db, identity, runtime }: Profile,
  event: "key_changed" | "device_added",
  account: AccountId,
  what: Uint8Array,
  details: Readonly<Record<string, unknown>>,
): void {
  const own = identity.accountId;
  const id = equal(account, own) ? selfConversationId(own) : dmConversationId(own, account);
  const direct = findDirect(db, id);
  if (direct === undefined) return;
  const eventId = sha256(Buffer.concat([Buffer.from(event), account, what])).slice(0, 16);
  const { conversation } = direct;
  addEvent(db, { eventId, event, conversation, accountId: account, at: runtime.now(), details });
}

/** The chain with the new entries, or the same value as `before` when there are none. */
function verifyAnswer(
  profile: Profile,
  account: AccountId,
  before: ChainState | undefined,
  answer: ChainEntries,
): ChainState {
  const name = before?.name ?? toHex(account).slice(0, 8);
  const shown = answer.head;
  if (before !== undefined && answer.entries.length === 0) {
    const sequence = Number(shown?.sequence ?? -1n);
    const isSame =
      sequence === before.head.sequence && equal(shown?.hash ?? new Uint8Array(), before.head.hash);
    if (isSame) return before;
    const evidence = { pinned: before.head, seen: { sequence, hash: shown?.hash } };
    if (sequence === before.head.sequence) throw alarm(profile, { ...forkedChain(name, account), evidence });
    if (sequence < before.head.sequence)
      throw alarm(profile, { ...rolledBackChain(name, account), evidence });
    throw alarm(profile, { ...invalidChain(name, account), evidence });
  }
  try {
    const after = verifyChain(answer.entries, before);
    if (!equal(after.accountId, account))
      throw new KeysError("wrong_account", "the chain of another account");
    if (!validName(after.name)) throw new KeysError("malformed", "not a name");
    return after;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const finding = error.code === "fork" ? forkedChain(name, account) : invalidChain(name, account);
    throw alarm(profile, { ...finding, evidence: { code: error.code, conflict: error.evidence } });
  }
}

function forkedChain(name: string, account: AccountId): Finding {
  return {
    kind: "chain_fork",
    text: `The relay shows another history of ${name}'s devices than before.`,
    accountId: account,
  };
}

function rolledBackChain(name: string, account: AccountId): Finding {
  return {
    kind: "chain_rollback",
    text: `The relay shows an older list of ${name}'s devices than before.`,
    accountId: account,
  };
}

function invalidChain(name: string, account?: AccountId): Finding {
  return {
    kind: "chain_invalid",
    text: `The relay shows a device list for ${name} that ${name} did not sign.`,
    ...(account === undefined ? {} : { accountId: account }),
  };
}

function recordDevices(profile: Profile, before: ChainState, after: ChainState): void {
  const ids = (chain: ChainState) => new Set(chain.devices.map(({ deviceId }) => toHex(deviceId)));
  const [old, current] = [ids(before), ids(after)];
  const changes = [
    ...[...current].filter((id) => !old.has(id)).map((id) => ({ kind: "device_added" as const, id })),
    ...[...old].filter((id) => !current.has(id)).map((id) => ({ kind: "device_removed" as const, id })),
  ];
  for (const { kind, id } of changes) {
    const short = id.slice(0, 8);
    const what = kind === "device_added" ? "has a new device" : "no longer has the device";
    const isOwn = equal(after.accountId, profile.identity.accountId);
    // Whoever has the words, or a device, can add another: its owner must hear of it, and of what to do.
    const advice = isOwn && kind === "device_added" ? ` Not yours? \`chat devices revoke ${short}\`.` : "";
    const text = `${isOwn ? "Your account" : after.name} ${what} ${short}.${advice}`;
    record(profile, "note", { kind, text, accountId: after.accountId, evidence: { device: id } });
    if (kind === "device_added") {
      tellEvent(profile, kind, after.accountId, Buffer.from(id, "hex"), { member: after.name, added: id });
    }
  }
}

/**
 * Fetches the chains of whose newer heads messages have spoken. A relay that cannot show such a head withholds it, or
 * somebody's message lied; either way the user hears of it once.
 */
export async function catchUpChains(profile: Profile, connection: RelayConnection): Promise<void> {
  const behind = accountsBehind(profile.db);
  if (behind.length === 0) return;
  await refreshChains(
    profile,
    connection,
    behind.map((account) => account.accountId),
  );
  for (const { accountId: account, named } of behind) {
    const chain = knownChain(profile, account);
    if (chain === undefined || named === undefined) continue;
    const known = chain.hashes[named.sequence];
    if (known !== undefined && equal(known, named.hash)) continue;
    const kind = known === undefined ? ("chain_withheld" as const) : ("chain_fork" as const);
    const text =
      known === undefined
        ? `A message speaks of a change to ${chain.name}'s devices that the relay does not show.`
        : `A message speaks of another history of ${chain.name}'s devices than the relay shows.`;
    transact(profile.db, () => {
      forgetNamedHead(profile.db, account);
      record(profile, "stop", { kind, text, accountId: account, evidence: { named, shown: chain.head } });
    });
  }
}
