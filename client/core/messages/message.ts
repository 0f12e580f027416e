import { type AccountId, equal, toHex } from "../../../keys/index.ts";
import type { ConversationKind, StoredConversation } from "../../store/conversations.ts";
import { findMessage, findMessageById, type StoredMessage } from "../../store/messages.ts";
import {
  type Delivery,
  type DeliveryNames,
  deliveryNames,
  deliveryOf,
  isAcknowledged,
  type ShownState,
  stateWith,
} from "../conversations/delivery-state.ts";
import { nameOf } from "../groups/memberships.ts";
import { type Unreadable, unreadableOf } from "../inbox/unreadable.ts";
import type { Profile } from "../profile.ts";
import { foldOf } from "./apply-annotation.ts";
import type { Folded } from "./fold-annotations.ts";

/** A message as users and scripts see it: the object of the command line's contract, in camel case. */
export interface Message {
  /** 32 hex characters. */
  readonly id: string;
  /** The name to send to: the peer's, or `me`. */
  readonly conversation: string;
  readonly kind: ConversationKind;
  readonly from: string;
  /** Of the sender, 32 hex characters. */
  readonly device: string;
  readonly text: string;
  readonly replyTo: string | null;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  readonly votes: { readonly up: number; readonly down: number; readonly mine: "up" | "down" | null };
  readonly attachments: readonly never[];
  readonly pinned: boolean;
  /** When it disappears, milliseconds since 1970; null: never. */
  readonly expiresAt: number | null;
  /** What it answers, as far as that is here. */
  readonly quote: { readonly from: string; readonly text: string } | null;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly sentAt: number;
  /** Milliseconds since 1970, by this machine's clock; null for one's own, and for one that was handed on. */
  readonly receivedAt: number | null;
  /** delivered, read: by all that it was for, as they say themselves. */
  readonly state: ShownState;
  /** Who has it; null for another's, and where that is not told: in large groups, and while the relay has not got it. */
  readonly delivery: DeliveryNames | null;
  /** unknown: it needs a newer Sotto. unreadable: it could not be opened. `text` says so, for people. */
  readonly content: "text" | "unknown" | "unreadable";
  /** Why it failed, or cannot be read. */
  readonly trouble: { readonly code: string; readonly text: string } | null;
  /** Why it cannot be read, and what to do; null for one that can be. */
  readonly unreadable: Unreadable | null;
  /** Who handed it on, from before this account's time; nothing proves it. Null for one that came by the log. */
  readonly sharedBy: string | null;
  /** Counts up in the order in which messages were certain; null before, and for one that was handed on: where `watchMessages` goes on. */
  readonly arrival: number | null;
  /** This profile's number for it. */
  readonly position: number;
}

export function toMessage(
  profile: Profile,
  conversation: StoredConversation,
  stored: StoredMessage,
): Message {
  const folded = foldOf(profile, stored);
  const delivery = deliveryOf(profile, conversation, stored);
  return {
    id: toHex(stored.messageId),
    conversation: conversationName(conversation),
    kind: conversation.kind,
    from: nameOf(profile, stored.accountId),
    device: toHex(stored.deviceId),
    text: shownText(stored),
    replyTo: stored.replyTo === undefined || stored.deleted ? null : toHex(stored.replyTo),
    edited: folded.edited,
    deleted: folded.deleted,
    reactions: Object.fromEntries(
      [...folded.reactions].map(([emoji, by]) => [emoji, by.map((each) => nameOf(profile, each))]),
    ),
    votes: tally(profile, folded),
    attachments: [],
    pinned: folded.pinned,
    expiresAt: stored.expiresAt ?? null,
    quote: quoteOf(profile, conversation, stored),
    sentAt: stored.sentAt,
    receivedAt: stored.receivedAt ?? null,
    state: stateWith(stored.state, delivery),
    delivery: delivery && isTold(delivery, stored) ? deliveryNames(profile, delivery, "delivered") : null,
    content: stored.kind === "silent" ? "text" : stored.kind,
    trouble: stored.trouble ?? null,
    unreadable: whyNot(profile, stored),
    sharedBy: stored.sharedBy === undefined ? null : nameOf(profile, stored.sharedBy),
    arrival: stored.arrival ?? null,
    position: stored.position,
  };
}

function whyNot(profile: Profile, { kind, trouble, accountId }: StoredMessage): Unreadable | null {
  if (kind !== "unreadable" && kind !== "unknown") return null;
  return unreadableOf(kind === "unknown" ? "unsupported_version" : trouble?.code, nameOf(profile, accountId));
}

function isTold({ audience }: Delivery, { wantsReceipts }: StoredMessage): boolean {
  return audience.length > 0 && isAcknowledged(audience.length + 1, wantsReceipts);
}

export function conversationName({ kind, peerName }: Pick<StoredConversation, "kind" | "peerName">): string {
  return kind === "self" ? "me" : peerName;
}

function tally({ identity }: Profile, { votes: { up, down } }: Folded): Message["votes"] {
  const isMine = (account: AccountId) => equal(account, identity.accountId);
  const mine = up.some(isMine) ? "up" : down.some(isMine) ? "down" : null;
  return { up: up.length, down: down.length, mine };
}

/** By id alone where the device was not named, as older clients do. */
function quoteOf(
  profile: Profile,
  conversation: StoredConversation,
  { replyTo, replyToDevice }: StoredMessage,
): Message["quote"] {
  if (replyTo === undefined) return null;
  const found =
    replyToDevice === undefined
      ? findMessageById(profile.db, replyTo)
      : findMessage(profile.db, replyTo, replyToDevice);
  if (found === undefined || found.conversation !== conversation.conversation) return null;
  if (found.gone || found.kind === "silent") return null;
  const text = found.deleted ? "[deleted]" : shownText(found);
  const { sharedBy } = found;
  const shared = sharedBy === undefined ? "" : `, shared by ${nameOf(profile, sharedBy)}`;
  return { from: `${nameOf(profile, found.accountId)}${shared}`, text };
}

function shownText({ kind, text, trouble }: StoredMessage): string {
  if (kind === "unknown") return "[needs a newer Sotto]";
  if (kind === "unreadable") return `[could not be read: ${trouble?.text ?? "unknown cause"}]`;
  return text ?? "";
}
