// What devices tell an author of his messages: how far they have them and have read them, never less than before.
import { type AccountId, type DeviceId, equal, memberOf, sha256 } from "../../../keys/index.ts";
import type { Receipt } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { wasInAudience } from "../../store/audiences.ts";
import { findConversation, readConversation, type StoredConversation } from "../../store/conversations.ts";
import { setCounter } from "../../store/counters.ts";
import { addEvent } from "../../store/events.ts";
import type { Intent } from "../../store/outbox.ts";
import {
  newestAcknowledged,
  newestPosition,
  newestRead,
  newestReceived,
  newestSequence,
  type OwnMessage,
  ownBetween,
  unreadableBetween,
} from "../../store/receipt-marks.ts";
import {
  addUnreadable,
  deleteReceipts,
  raiseReceipt,
  raiseTold,
  readReceipt,
  readTold,
} from "../../store/receipts.ts";
import { isOn } from "../../store/settings.ts";
import { receiptsFloor } from "../conversations/delivery-state.ts";
import { membershipOf, nameOf } from "../groups/memberships.ts";
import { encodeContent } from "../outbox/encode-content.ts";
import { isBlocked } from "../people/standing.ts";
import type { Profile } from "../profile.ts";

const MAX_UNREADABLE = 64;

/**
 * What a queued receipt says, now that it is sealed, and a note that it was said. Undefined when that is nothing new.
 * Inside a transaction.
 */
export function receiptFor(profile: Profile, intent: Intent): Uint8Array | undefined {
  const { db, identity } = profile;
  const author = readConversation(db, intent.conversation).peerAccount;
  if (intent.about === undefined || author === undefined || !isOn(db, "receipts")) return undefined;
  // He may have been blocked since.
  if (isBlocked(profile, author)) return undefined;
  const about = readConversation(db, intent.about);
  const { conversation, conversationId, log } = about;
  if (conversationId === undefined || log === undefined) return undefined;
  const floor = receiptsFloor(profile, conversation);
  const told = readTold(db, conversation, identity.accountId, author);
  const delivered = Math.max(told.delivered, newestReceived(db, conversation, author, floor));
  const read = Math.max(told.read, newestRead(db, conversation, author, floor));
  // A seal that was refused said it to nobody.
  const isNews = delivered > told.delivered || read > told.read || intent.attempt > 0;
  if (!isNews || delivered === 0) return undefined;
  raiseTold(db, conversation, identity.accountId, author, { delivered, read });
  const missing = unreadableBetween(
    db,
    conversation,
    floor,
    { after: intent.attempt > 0 ? 0 : told.delivered, through: delivered },
    MAX_UNREADABLE,
  );
  const value = {
    conversationId,
    incarnation: log.incarnation,
    deliveredThrough: BigInt(delivered),
    readThrough: BigInt(read),
    unreadable: missing.map(BigInt),
  };
  return encodeContent({ case: "receipt", value });
}

export interface ReceiptSender {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

/**
 * Takes in a receipt that came by the direct conversation with its sender, in the row of that number. Ignores one
 * that cannot be true: of another log, of somebody who never was to have anything of it, of what is not there yet.
 * Inside a transaction.
 */
export function takeReceipt(
  profile: Profile,
  direct: StoredConversation,
  sender: ReceiptSender,
  sequence: number,
  receipt: Receipt,
): void {
  const about = conversationMeant(profile, direct, sender.accountId, receipt);
  if (about === undefined) return;
  const beyond = about.conversation === direct.conversation ? sequence : logEnd(profile, about) + 1;
  const delivered = receipt.deliveredThrough;
  const read = receipt.readThrough;
  if (delivered >= BigInt(beyond) || read > delivered) return;
  const before = newestOf(profile, about, sender.accountId);
  keep(profile, about, sender, {
    delivered: Number(delivered),
    read: Number(read),
    unreadable: receipt.unreadable,
  });
  tellAdvance(profile, about, sender, before, newestOf(profile, about, sender.accountId));
}

function conversationMeant(
  profile: Profile,
  direct: StoredConversation,
  sender: AccountId,
  { conversationId, incarnation }: Receipt,
): StoredConversation | undefined {
  const { db, identity } = profile;
  const isPeer =
    direct.kind === "dm" && direct.peerAccount !== undefined && equal(sender, direct.peerAccount);
  if (!isPeer || equal(sender, identity.accountId)) return undefined;
  const about = findConversation(db, conversationId);
  if (about?.log === undefined || !equal(about.log.incarnation, incarnation)) return undefined;
  if (about.kind === "self") return undefined;
  const isMember =
    about.kind === "dm"
      ? about.conversation === direct.conversation
      : wasInAudience(db, about.conversation, sender) || isMemberNow(profile, about, sender);
  return isMember ? about : undefined;
}

/** What another own device has sent to him may come after his receipt. */
function isMemberNow(profile: Profile, about: StoredConversation, account: AccountId): boolean {
  const state = membershipOf(profile, about);
  return state !== undefined && memberOf(state, account) !== undefined;
}

/** What this device has just sent may not have come back from the log yet. */
function logEnd(profile: Profile, { conversation, log, relayHead }: StoredConversation): number {
  const newest = newestSequence(profile.db, conversation, receiptsFloor(profile, conversation));
  return Math.max(log?.head.sequence ?? 0, relayHead, newest);
}

function keep(
  { db, identity }: Profile,
  { conversation }: StoredConversation,
  { accountId, deviceId }: ReceiptSender,
  told: { readonly delivered: number; readonly read: number; readonly unreadable: readonly bigint[] },
): void {
  const after = readReceipt(db, conversation, accountId, deviceId).delivered;
  const unreadable = told.unreadable
    .slice(0, MAX_UNREADABLE)
    .map(Number)
    .filter((sequence) => sequence > after && sequence <= told.delivered);
  // A full list names the newest only: nothing is known of those before them.
  const unlisted =
    unreadable.length < MAX_UNREADABLE
      ? []
      : ownBetween(db, conversation, identity.accountId, { after, before: Math.min(...unreadable) });
  addUnreadable(db, conversation, accountId, deviceId, [...unreadable, ...unlisted]);
  raiseReceipt(db, conversation, accountId, deviceId, told);
}

interface Newest {
  readonly delivered: OwnMessage | undefined;
  readonly read: OwnMessage | undefined;
}

function newestOf(profile: Profile, { conversation }: StoredConversation, member: AccountId): Newest {
  const own = profile.identity.accountId;
  const where = { conversation, own, member, floor: receiptsFloor(profile, conversation) };
  return {
    delivered: newestAcknowledged(profile.db, "delivered", where),
    read: newestAcknowledged(profile.db, "read", where),
  };
}

/** One event for all that a receipt brought forward, at the newest message. */
function tellAdvance(
  profile: Profile,
  about: StoredConversation,
  sender: ReceiptSender,
  before: Newest,
  now: Newest,
): void {
  const hasRead = (now.read?.sequence ?? 0) > (before.read?.sequence ?? 0);
  const hasReceived = (now.delivered?.sequence ?? 0) > (before.delivered?.sequence ?? 0);
  const isMore = (now.delivered?.sequence ?? 0) > (now.read?.sequence ?? 0);
  if (hasReceived && (isMore || !hasRead)) tell(profile, about, sender, "delivered", now.delivered);
  if (hasRead) tell(profile, about, sender, "read", now.read);
}

function tell(
  profile: Profile,
  { conversation, conversationId }: StoredConversation,
  { accountId, deviceId }: ReceiptSender,
  state: "delivered" | "read",
  newest: OwnMessage | undefined,
): void {
  if (newest === undefined || conversationId === undefined) return;
  const { target } = newest;
  const happening = [Buffer.from(state), conversationId, accountId, target.deviceId, target.messageId];
  addEvent(profile.db, {
    conversation,
    event: "receipt",
    eventId: sha256(Buffer.concat(happening)).slice(0, 16),
    accountId,
    deviceId,
    target,
    at: profile.runtime.now(),
    details: { state, member: nameOf(profile, accountId) },
  });
}

/** The log is lost, and its numbers with it: receipts count for what comes from now on. Inside a transaction. */
export function forgetReceipts({ db }: Profile, conversation: number): void {
  deleteReceipts(db, conversation);
  setCounter(db, `receipts_after_${conversation}`, newestPosition(db, conversation));
}
