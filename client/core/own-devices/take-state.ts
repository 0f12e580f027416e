import { isDeepStrictEqual } from "node:util";
import {
  type AccountId,
  accountId,
  compare,
  conversationId,
  type DeviceAddress,
  type DeviceId,
  deviceId,
  equal,
  findDevice,
  toHex,
  validName,
} from "../../../keys/index.ts";
import {
  type Notify,
  type OwnGroup,
  type OwnRead,
  type OwnState,
  type OwnValue,
  Standing,
} from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { pinName } from "../../store/accounts.ts";
import { saveChangedKey } from "../../store/changed-keys.ts";
import { saveContactStanding, saveContactVerified } from "../../store/contacts.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { readCounter } from "../../store/counters.ts";
import { addGroup, assignAliases, setNotify, setStanding, setTitle } from "../../store/groups.ts";
import { clearAllUnread } from "../../store/messages.ts";
import { applyOwnRead, type OwnRead as ReadMark, setAwaitedReads } from "../../store/own-reads.ts";
import {
  dropOwnChange,
  isLaterVersion,
  type OwnRegister,
  type OwnVersion,
  readOwnValue,
  readOwnVersion,
  saveOwnState,
} from "../../store/own-state.ts";
import { saveSetting, settingNames } from "../../store/settings.ts";
import { isCount, isGroup } from "../conversations/conversations.ts";
import { shortTitle } from "../groups/group-names.ts";
import { ownChain } from "../people/account-chains.ts";
import { answerAtLast, directWith } from "../people/answer-at-last.ts";
import { record } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { readHere } from "./encode-state.ts";
import { asSubject, tellEverything } from "./tell.ts";
import { levels, MAX_UNREAD, MAX_VALUES, meaningOf, standings } from "./wire.ts";

/** One of several devices answers a new one, if it has told all it knows before it is the next one's turn. */
const TURN_MS = 3_000;

/** What another device of this account tells, in the conversation with oneself. Inside a transaction. */
export function takeOwnState(
  profile: Profile,
  stored: StoredConversation,
  from: DeviceAddress,
  state: OwnState,
): void {
  const { identity } = profile;
  if (stored.kind !== "self" || !equal(from.accountId, identity.accountId)) return;
  if (state.reads.length + state.values.length > MAX_VALUES) return;
  for (const read of state.reads) takeRead(profile, from.deviceId, read);
  // A relay may deliver late what a thief wrote. What an honest device said last, others say too, or its owner again.
  const isIn = findDevice(ownChain(profile), from.deviceId) !== undefined;
  for (const value of state.values) {
    if (isIn || !isTrust(value)) takeValue(profile, value);
  }
  if (state.wanted) tellEverything(profile, placeAmongOthers(profile, from) * TURN_MS);
}

/** Whether it lets somebody in, or says who he is. */
function isTrust({ about }: OwnValue): boolean {
  switch (about.case) {
    case "standing":
      return about.value.standing !== Standing.BLOCKED;
    case "verified":
      return about.value.at > 0n;
    case "setting":
      return about.value.name === "requests" && !about.value.on;
    default:
      return about.case === "name";
  }
}

/** How many of the account's devices are to answer that one first. */
function placeAmongOthers(profile: Profile, asking: DeviceAddress): number {
  const others = ownChain(profile).devices.filter((device) => !equal(device.deviceId, asking.deviceId));
  return Math.max(
    others.findIndex(({ deviceId: id }) => equal(id, profile.identity.deviceId)),
    0,
  );
}

/** The later version, then the higher device. */
function isNewer(one: OwnVersion, other: OwnVersion | undefined): boolean {
  if (other === undefined) return true;
  if (one.version !== other.version) return isLaterVersion(one.version, other.version);
  return compare(one.deviceId, other.deviceId) > 0;
}

function takeValue(profile: Profile, { version, deviceId: device, about }: OwnValue): void {
  if (version < 1n || !isCount(version) || device.length !== 16) return;
  const set = { version: Number(version), deviceId: deviceId(device) };
  switch (about.case) {
    case "standing":
      takeStanding(profile, set, about.value.accountId, about.value.standing);
      break;
    case "verified":
      takeVerified(profile, set, about.value.accountId, about.value.at);
      break;
    case "notify":
      takeNotify(profile, set, about.value.conversationId, about.value.notify);
      break;
    case "group":
      takeGroup(profile, set, about.value);
      break;
    case "setting":
      takeSetting(profile, set, about.value.name, about.value.on);
      break;
    case "name":
      takeName(profile, set, about.value.name, about.value.accountId);
      break;
  }
}

/** Whether it counts; then it is kept, and this device need not tell its own. */
function wins(
  { db }: Profile,
  kind: OwnRegister,
  subject: Uint8Array,
  set: OwnVersion,
  value?: string,
): boolean {
  const held = readOwnVersion(db, kind, subject);
  const isSame = held !== undefined && held.version === set.version && equal(held.deviceId, set.deviceId);
  if (isSame) dropOwnChange(db, { kind, subject });
  if (isSame || !isNewer(set, held)) return false;
  saveOwnState(db, kind, subject, set, value);
  dropOwnChange(db, { kind, subject });
  return true;
}

function takeStanding(profile: Profile, set: OwnVersion, given: Uint8Array, standing: Standing): void {
  const account = otherAccount(profile, given);
  const kept = meaningOf(standings, standing);
  if (account === undefined || kept === undefined || !wins(profile, "standing", account, set)) return;
  saveContactStanding(profile.db, account, kept, set.version);
  const direct = directWith(profile, account);
  if (kept === "blocked" && direct !== undefined) clearAllUnread(profile.db, direct.conversation);
  if (kept === "accepted") answerAtLast(profile, account);
}

function takeVerified(profile: Profile, set: OwnVersion, given: Uint8Array, at: bigint): void {
  const account = otherAccount(profile, given);
  if (account === undefined || !isCount(at) || !wins(profile, "verified", account, set)) return;
  saveContactVerified(profile.db, account, at === 0n ? undefined : Number(at), set.version);
}

function otherAccount({ identity }: Profile, given: Uint8Array): AccountId | undefined {
  if (given.length !== 32 || equal(given, identity.accountId)) return undefined;
  return accountId(given);
}

/** Of a conversation that is not here yet it waits for that. */
function takeNotify(profile: Profile, set: OwnVersion, id: Uint8Array, notify: Notify): void {
  const level = meaningOf(levels, notify);
  if (id.length !== 32 || level === undefined || !wins(profile, "notify", id, set, level)) return;
  const known = findConversation(profile.db, id);
  if (known !== undefined) setNotify(profile.db, known.conversation, level);
}

function takeGroup(
  profile: Profile,
  set: OwnVersion,
  { conversationId: id, alias, title, declined, invitedBy }: OwnGroup,
): void {
  if (id.length !== 32 || Buffer.byteLength(alias) > 64) return;
  if (!wins(profile, "group", id, set, JSON.stringify({ alias, title: shortTitle(title) }))) return;
  const group = findConversation(profile.db, id);
  if (group === undefined && invitedBy.length === 32) {
    addGroup(profile.db, {
      conversationId: conversationId(id),
      kind: "group",
      alias,
      title: shortTitle(title),
      standing: "invited",
      invitedBy: accountId(invitedBy),
    });
  }
  if (group === undefined || !isGroup(group.kind)) return;
  if (group.kind === "group" && title !== "" && group.title === group.peerName) {
    setTitle(profile.db, group.conversation, shortTitle(title));
  }
  if (declined && group.standing === "invited") setStanding(profile.db, group.conversation, "left");
  assignAliases(profile.db);
}

function takeSetting(profile: Profile, set: OwnVersion, given: string, on: boolean): void {
  const name = settingNames.find((each) => each === given);
  if (name === undefined || !wins(profile, "setting", asSubject(name), set)) return;
  // Whom it lets in, is told as well.
  saveSetting(profile.db, name, on ? "on" : "off");
}

/**
 * A name that is not known here yet stands for the account that it stands for there: nothing is believed twice. Should the
 * relay have shown another account here, that is an alarm; one that was exchanged knowingly there waits for that here.
 */
function takeName(profile: Profile, set: OwnVersion, name: string, given: Uint8Array): void {
  const account = otherAccount(profile, given);
  if (account === undefined || !validName(name) || name === profile.identity.name) return;
  const pinned = pinName(profile.db, name, account);
  if (equal(pinned, account)) {
    wins(profile, "name", asSubject(name), set);
    dropOwnChange(profile.db, { kind: "name", subject: asSubject(name) });
    return;
  }
  const held = readOwnVersion(profile.db, "name", asSubject(name))?.version ?? 1;
  const isLater = isLaterVersion(set.version, held);
  if (isLater) saveChangedKey(profile.db, name, account, profile.runtime.now());
  record(profile, isLater ? "note" : "stop", {
    kind: "name_moved",
    text: isLater
      ? `On another of your devices the new key of ${name} was accepted.`
      : `The relay shows one of your devices another account under the name ${name} than this one.`,
    accountId: pinned,
    evidence: { pinned, there: account },
  });
}

function takeRead(profile: Profile, device: DeviceId, read: OwnRead): void {
  const { db } = profile;
  const { conversationId: id, incarnation, after, through, unread } = read;
  if (id.length !== 32 || incarnation.length !== 16 || unread.length > MAX_UNREAD) return;
  if (![after, through, ...unread].every(isCount)) return;
  const mark: AwaitedRead = {
    incarnation: toHex(incarnation),
    after: Number(after),
    through: Number(through),
    unread: unread.map(Number),
  };
  const known = findConversation(db, id);
  const before = known === undefined ? readOwnValue(db, "read", id) : known.ownRead;
  const marks = JSON.stringify({ ...parse(before), [toHex(device)]: mark });
  if (known === undefined) saveOwnState(db, "read", id, { version: 0, deviceId: device }, marks);
  else applyReads(profile, { ...known, ownRead: marks });
  const { incarnation: _, ...said } = mark;
  const isAllHere = known !== undefined && isDeepStrictEqual(readHere(profile, known), said);
  if (isAllHere) dropOwnChange(db, { kind: "read", subject: id });
}

interface AwaitedRead extends ReadMark {
  /** Hex. */
  readonly incarnation: string;
}

function parse(marks: string | undefined): Record<string, AwaitedRead> {
  return marks === undefined ? {} : (JSON.parse(marks) as Record<string, AwaitedRead>);
}

/** What was read elsewhere, as far as it is here; the rest waits for its rows. Inside a transaction. */
export function applyReads(profile: Profile, stored: StoredConversation): void {
  const { db } = profile;
  const { conversation, log, ownRead, openedSequence } = stored;
  const waiting: Record<string, AwaitedRead> = {};
  for (const [device, mark] of Object.entries(parse(ownRead))) {
    if (log === undefined) waiting[device] = mark;
    if (log === undefined || toHex(log.incarnation) !== mark.incarnation) continue;
    applyOwnRead(db, conversation, readCounter(db, `receipts_after_${conversation}`), mark);
    if (mark.through > openedSequence) waiting[device] = mark;
  }
  const isDone = Object.keys(waiting).length === 0;
  setAwaitedReads(db, conversation, isDone ? undefined : JSON.stringify(waiting));
}
