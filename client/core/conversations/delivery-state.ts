import { type AccountId, equal, toHex } from "../../../keys/index.ts";
import { audienceOf } from "../../store/audiences.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { readCounter } from "../../store/counters.ts";
import type { MessageState, StoredMessage } from "../../store/messages.ts";
import { acknowledgementsOf } from "../../store/receipts.ts";
import { nameOf } from "../groups/memberships.ts";
import type { Profile } from "../profile.ts";

/** Beyond, a message is acknowledged only if it asks for it. */
const MOST_MEMBERS = 32;

/** Who has an own message, by their own word. Own devices do not count: whoever has read it, has received it. */
export interface Delivery {
  /** Whom it is for; empty in the conversation with oneself. */
  readonly audience: readonly AccountId[];
  readonly deliveredTo: readonly AccountId[];
  readonly readBy: readonly AccountId[];
}

/** Undefined for a message of somebody else, and for one that the relay has not stored. */
export function deliveryOf(
  profile: Profile,
  conversation: StoredConversation,
  { accountId, state, sequence, position }: StoredMessage,
): Delivery | undefined {
  const own = profile.identity.accountId;
  if (state !== "sent" || sequence === undefined || !equal(accountId, own)) return undefined;
  const audience = audienceAt(profile, conversation, position);
  // The log that its number belongs to is lost: what is said of numbers now says nothing of it.
  const isLost = position <= receiptsFloor(profile, conversation.conversation);
  const all = isLost ? [] : acknowledgementsOf(profile.db, conversation.conversation, sequence, own);
  const members = new Set(audience.map(toHex));
  const given = all.filter((each) => members.has(toHex(each.accountId)));
  return {
    audience,
    deliveredTo: given.map((each) => each.accountId),
    readBy: given.filter(({ isRead }) => isRead).map((each) => each.accountId),
  };
}

/** A direct conversation has one member beside this account, whatever rosters there were. */
function audienceAt(
  profile: Profile,
  { kind, peerAccount }: StoredConversation,
  position: number,
): readonly AccountId[] {
  if (kind === "self") return [];
  if (kind === "dm") return peerAccount === undefined ? [] : [peerAccount];
  return audienceOf(profile.db, position);
}

/** Who has a message, by name, in alphabetical order. */
export interface DeliveryNames {
  readonly deliveredTo: readonly string[];
  readonly readBy: readonly string[];
  /** Those whom it has not reached: who have not received it, or not read it where that is the goal. */
  readonly missing: readonly string[];
}

export function deliveryNames(
  profile: Profile,
  { audience, deliveredTo, readBy }: Delivery,
  goal: "delivered" | "read",
): DeliveryNames {
  const names = (accounts: readonly AccountId[]) =>
    accounts.map((account) => nameOf(profile, account)).sort();
  const have = new Set((goal === "read" ? readBy : deliveredTo).map(toHex));
  return {
    deliveredTo: names(deliveredTo),
    readBy: names(readBy),
    missing: names(audience.filter((account) => !have.has(toHex(account)))),
  };
}

/** Whether a message to so many people, its author among them, is acknowledged. */
export function isAcknowledged(members: number, wantsReceipts: boolean): boolean {
  return wantsReceipts || members <= MOST_MEMBERS;
}

export type ShownState = MessageState | "delivered" | "read";

/** `delivered` and `read` when everybody has it that it was for. */
export function stateWith(state: MessageState, delivery: Delivery | undefined): ShownState {
  if (delivery === undefined || delivery.audience.length === 0) return state;
  if (delivery.readBy.length === delivery.audience.length) return "read";
  return delivery.deliveredTo.length === delivery.audience.length ? "delivered" : state;
}

/** Messages up to this position are older than the log that receipts speak of. */
export function receiptsFloor(profile: Profile, conversation: number): number {
  return readCounter(profile.db, `receipts_after_${conversation}`);
}
