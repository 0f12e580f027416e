import { type AccountId, equal } from "../../keys/index.ts";
import { audienceOf } from "../store/audiences.ts";
import type { StoredConversation } from "../store/conversations.ts";
import { readCounter } from "../store/counters.ts";
import type { MessageState, StoredMessage } from "../store/messages.ts";
import { acknowledgementsOf } from "../store/receipts.ts";
import type { Profile } from "./profile.ts";

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
  const given = all.filter((each) => audience.some((member) => equal(member, each.accountId)));
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
