import {
  type AccountId,
  applyMembershipEntry,
  type EnvelopeHeader,
  encodeStoredMembership,
  envelopeHash,
  equal,
  extendLog,
  findDevice,
  type Hash,
  hash,
  KeysError,
  type LogHead,
  MAX_ENVELOPE_BYTES,
  MAX_WRAP_BYTES,
  type MembershipState,
  mayPost,
  memberOf,
  membershipRowHash,
  messageRowHash,
  readEnvelopeHeader,
  readMembershipEntry,
  readWrapHeader,
  toHex,
} from "../../../keys/index.ts";
import type { Delivery } from "../../net/relay-connection.ts";
import { advanceLog, readConversation, type StoredConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { enterGroup, saveMembership, setStanding } from "../../store/groups.ts";
import { keepEntry, readKeptEntry } from "../../store/kept-entries.ts";
import { readLogHashes, saveLogHash } from "../../store/log-hashes.ts";
import { markSent } from "../../store/messages.ts";
import { findIntentOf, removeIntent } from "../../store/outbox.ts";
import { findOwnRow } from "../../store/own-rows.ts";
import { readSenderCount } from "../../store/senders.ts";
import {
  readWaiting,
  type SessionPlace,
  type StagedRow,
  stageRow,
  waitingRows,
} from "../../store/staged-rows.ts";
import { membersOf } from "../conversations/conversations.ts";
import { takeBackPin } from "../messages/apply-annotation.ts";
import { knownChain } from "../people/account-chains.ts";
import { endedAt } from "../people/former-devices.ts";
import { alarm } from "../people/security.ts";
import type { Profile } from "../profile.ts";
import { checkOwnRow, checkPlace } from "../promises.ts";
import { membershipOf } from "./memberships.ts";
import { type Rights, rightsOf } from "./rights.ts";

/** Why a row cannot be read, as kept with it. */
export type Cause =
  | "not_for_this_device"
  | "not_a_member"
  | "may_not_write"
  | "another_conversation"
  | "no_session"
  | "unknown_device"
  | "lost_by_sender"
  | "withheld"
  | "corrupt"
  | "retention"
  | KeysError["code"];

/**
 * Takes rows of one log as ciphertext, in one transaction: each number once and without a gap, each hash reckoned,
 * SPEC §8.3. Rows that are here already are compared and dropped. Returns false where rows are missing before one of
 * these. Throws `security_stop` for a row that contradicts itself or the log; those before it are kept.
 */
export function stageDeliveries(
  profile: Profile,
  conversation: number,
  deliveries: readonly Delivery[],
): boolean {
  const outcome = transact(profile.db, () => {
    const stored = readConversation(profile.db, conversation);
    let head = stored.log?.head;
    if (head === undefined) return "gap";
    const place: Place = { stored, membership: membershipOf(profile, stored) };
    let result: "ok" | "gap" | "forged" | "forked" | "unsigned" = "ok";
    for (const delivery of deliveries) {
      const sequence = Number(delivery.sequence);
      if (sequence > head.sequence + 1) result = "gap";
      else if (sequence <= head.sequence) result = compareRow(profile, stored, delivery) ? "ok" : "forked";
      else if (!isSound(stored, delivery)) result = "forged";
      else if (!takeEntry(profile, place, delivery)) result = "unsigned";
      else head = stageOne(profile, place, head, delivery);
      if (result !== "ok") break;
    }
    if (head.sequence > (stored.log?.head.sequence ?? 0)) advanceLog(profile.db, conversation, head);
    if (place.membership !== undefined) {
      saveMembership(profile.db, conversation, encodeStoredMembership(place.membership));
    }
    return result;
  });
  if (outcome === "unsigned") {
    throw alarm(profile, {
      kind: "membership_forged",
      text: "The relay shows a change of a group's members that nobody who may has signed.",
      conversation,
    });
  }
  if (outcome === "forged") {
    throw alarm(profile, {
      kind: "log_invalid",
      text: "The relay delivered a message whose bytes are not those that were sent.",
      conversation,
    });
  }
  if (outcome === "forked") {
    throw alarm(profile, {
      kind: "log_forked",
      text: "The relay shows another history of a conversation than before.",
      conversation,
    });
  }
  return outcome === "ok";
}

/** Where a row comes: its log, and who is in the group there. */
interface Place {
  readonly stored: StoredConversation;
  /** Moves on with each entry. */
  membership: MembershipState | undefined;
}

/** Whether the row is no membership entry, or one that may stand here: then the membership is that after it. */
function takeEntry(profile: Profile, place: Place, { entry }: Delivery): boolean {
  if (entry.length === 0) return true;
  const { stored } = place;
  const { conversationId: id, conversation } = stored;
  try {
    const before = place.membership;
    if (stored.restored && before !== undefined && isKnownEntry(profile, conversation, before, entry)) {
      return true;
    }
    const after = applyMembershipEntry(before, entry, (account) => knownChain(profile, account));
    if (id === undefined || !equal(after.conversation, id)) return false;
    place.membership = after;
    keepEntry(profile.db, conversation, after.head.sequence, entry);
    noteStanding(profile, stored, before, after, entry);
    return true;
  } catch (error) {
    if (error instanceof KeysError) return false;
    throw error;
  }
}

/** What was given again to a relay that had lost it comes again. */
function isKnownEntry(
  { db }: Profile,
  conversation: number,
  { head }: MembershipState,
  entry: Uint8Array,
): boolean {
  const { sequence } = readMembershipEntry(entry);
  if (sequence > head.sequence) return false;
  const kept = readKeptEntry(db, conversation, sequence);
  return kept !== undefined && equal(kept, entry);
}

/** This account comes in, or it is out: by its own hand or by another's. */
function noteStanding(
  profile: Profile,
  { conversation }: StoredConversation,
  before: MembershipState | undefined,
  after: MembershipState,
  entry: Uint8Array,
): void {
  const own = profile.identity.accountId;
  const isIn = memberOf(after, own) !== undefined;
  if (isIn === (before !== undefined && memberOf(before, own) !== undefined)) return;
  const isOwnHand = equal(readMembershipEntry(entry).signer.accountId, own);
  if (isIn) enterGroup(profile.db, conversation);
  else setStanding(profile.db, conversation, isOwnHand ? "left" : "removed");
}

/** Whether a row that comes again is the row that is here. */
function compareRow(profile: Profile, stored: StoredConversation, delivery: Delivery): boolean {
  const sequence = Number(delivery.sequence);
  if (sequence < 1 || delivery.rowHash.length !== 32) return false;
  const [seen] = readLogHashes(profile.db, stored.conversation, sequence, stored.generation);
  const [before] = readLogHashes(profile.db, stored.conversation, sequence - 1, stored.generation);
  if (seen === undefined || before === undefined) return true;
  return equal(extendLog({ sequence: sequence - 1, hash: before }, hash(delivery.rowHash)).hash, seen);
}

function isSound({ conversationId: id }: StoredConversation, delivery: Delivery): boolean {
  if (id === undefined || !equal(delivery.conversationId, id) || delivery.rowHash.length !== 32) return false;
  if (delivery.entry.length > 0) {
    return delivery.envelope.length === 0 && isEntryRow(delivery);
  }
  if (delivery.wrap.length > MAX_WRAP_BYTES) return false;
  if (delivery.envelope.length > MAX_ENVELOPE_BYTES) return false;
  // Otherwise an entry, such as a removal, could pass for a message of which nothing is left.
  const made = delivery.envelope.length > 0 ? envelopeHash(delivery.envelope) : delivery.envelopeHash;
  return made.length === 32 && equal(messageRowHash(hash(made)), delivery.rowHash);
}

/** Whether it is a membership entry in form, and the one that its row is of. */
export function isEntryRow({ entry, rowHash }: Delivery): boolean {
  try {
    return equal(membershipRowHash(readMembershipEntry(entry).hash), rowHash);
  } catch (error) {
    if (error instanceof KeysError) return false;
    throw error;
  }
}

function stageOne(profile: Profile, at: Place, head: LogHead, delivery: Delivery): LogHead {
  const { stored } = at;
  const { conversation } = stored;
  const rowHash = hash(delivery.rowHash);
  const next = extendLog(head, rowHash);
  saveLogHash(profile.db, conversation, stored.generation, next);
  checkPlace(profile, conversation, next);
  const row = {
    conversation,
    sequence: next.sequence,
    rowHash,
    envelope: delivery.envelope,
    wrap: delivery.wrap,
    stub: delivery.stub,
    storedAt: clampTime(delivery.storedAt),
  };
  if (delivery.entry.length > 0) {
    stageRow(profile.db, { ...row, wrap: new Uint8Array(), entry: delivery.entry }, undefined);
    return next;
  }
  if (isOwnRow(profile, at, rowHash, next) || delivery.stub !== 0) {
    stageRow(profile.db, { ...row, envelope: new Uint8Array(), wrap: new Uint8Array() }, undefined);
    return next;
  }
  const place = placeOf(profile, at, delivery);
  const { role, mayPin } = senderRights(at, delivery);
  const staged = { ...row, senderRole: role, senderMayPin: mayPin };
  if (typeof place === "string") stageRow(profile.db, staged, undefined, place);
  else stageRow(profile.db, staged, place);
  return next;
}

/** The relay's word, for the eye only: a nonsensical time is no reason to refuse a message. */
function clampTime(time: bigint): number {
  return Number(time > BigInt(Number.MAX_SAFE_INTEGER) ? 0n : time);
}

/** A row that this device made: the relay has stored it, whether its answer came or not. */
function isOwnRow(profile: Profile, { stored, membership }: Place, rowHash: Hash, at: LogHead): boolean {
  const own = findOwnRow(profile.db, rowHash, stored.conversation);
  if (own === undefined) return false;
  checkOwnRow(profile, stored.conversation, own, at);
  const intent = findIntentOf(profile.db, own.position);
  if (intent !== undefined) removeIntent(profile.db, intent.intent);
  markSent(profile.db, own.position, at.sequence);
  if (!rightsOf(membership, profile.identity.accountId).mayPin) takeBackPin(profile, own.position);
  return true;
}

/** Where a wrap stands in its session, or why there is nothing to open. */
function placeOf(profile: Profile, at: Place, delivery: Delivery): SessionPlace | Cause {
  if (delivery.envelope.length === 0) return "lost_by_sender";
  try {
    const header = readEnvelopeHeader(delivery.envelope);
    const misplaced = whyMisplaced(profile, at, header);
    if (misplaced !== undefined) return misplaced;
    if (delivery.wrap.length === 0)
      return wasKnownTo(profile, at, header) ? "withheld" : "not_for_this_device";
    const { tag, chain, n } = readWrapHeader(delivery.wrap);
    return { tag, chain, n };
  } catch (error) {
    if (error instanceof KeysError) return error.code;
    throw error;
  }
}

/** Whether the sender's device has sealed for this one before. What is sent again may be older than that. */
function wasKnownTo(profile: Profile, { stored }: Place, { sender, senderDevice }: EnvelopeHeader): boolean {
  const counted = readSenderCount(profile.db, stored.conversation, sender, senderDevice);
  return counted !== undefined && !counted.isBeforeRestore;
}

function whyMisplaced(
  profile: Profile,
  { stored, membership }: Place,
  header: EnvelopeHeader,
): Cause | undefined {
  if (stored.conversationId === undefined || !equal(header.conversation, stored.conversationId)) {
    return "another_conversation";
  }
  const isMember =
    membership === undefined
      ? membersOf(profile, stored).some((member) => equal(member, header.sender))
      : memberOf(membership, header.sender) !== undefined;
  if (!isMember) return "not_a_member";
  if (isClosedTo(profile, membership, header)) return "unknown_device";
  return membership === undefined || mayPost(membership, header.sender) ? undefined : "may_not_write";
}

/** Whether the group holds the account to a head at which the device was not active any more, SPEC §8.4. */
function isClosedTo(
  profile: Profile,
  membership: MembershipState | undefined,
  { sender, senderDevice }: EnvelopeHeader,
): boolean {
  const anchored = membership && memberOf(membership, sender)?.head;
  const chain = knownChain(profile, sender);
  const end = chain && endedAt(chain, senderDevice);
  return anchored !== undefined && end !== undefined && anchored >= end;
}

/** As they were at this row. */
function senderRights({ membership }: Place, { envelope }: Delivery): Rights {
  const none = { role: undefined, mayPin: false };
  if (envelope.length === 0) return none;
  try {
    return rightsOf(membership, readEnvelopeHeader(envelope).sender);
  } catch (error) {
    if (error instanceof KeysError) return none;
    throw error;
  }
}

/** Accounts whose chain has to be newer than it is here before the waiting rows can be opened. */
export function chainsWanted(profile: Profile): AccountId[] {
  const wanted = new Map<string, AccountId>();
  for (const { conversation, sequence } of waitingRows(profile.db)) {
    const row = readWaiting(profile.db, conversation, sequence);
    if (row === undefined) continue;
    for (const account of chainsWantedFor(profile, row)) wanted.set(toHex(account), account);
  }
  return [...wanted.values()];
}

function chainsWantedFor(profile: Profile, { envelope, wrap }: StagedRow): AccountId[] {
  const own = profile.identity.accountId;
  const { sender, senderDevice } = readEnvelopeHeader(envelope);
  const { setUp } = readWrapHeader(wrap);
  const chain = knownChain(profile, sender);
  const isBehind = (account: AccountId, sequence: number) =>
    sequence > (knownChain(profile, account)?.head.sequence ?? -1);
  const wanted: AccountId[] = [];
  if (chain === undefined || findDevice(chain, senderDevice) === undefined) wanted.push(sender);
  else if (setUp !== null && isBehind(sender, setUp.initiatorHead.sequence)) wanted.push(sender);
  if (setUp !== null && isBehind(own, setUp.responderHead.sequence)) wanted.push(own);
  return wanted;
}
