import { toHex } from "../../keys/index.ts";
import type { ConversationKind, StoredConversation } from "../store/conversations.ts";
import type { EventKind, StoredEvent } from "../store/events.ts";
import { nameOf } from "./groups/memberships.ts";
import { conversationName } from "./messages/message.ts";
import type { Profile } from "./profile.ts";

/** What happened beside messages, as users and scripts see it. */
export interface ChatEvent {
  /** 32 hex characters: the same on every device. */
  readonly eventId: string;
  readonly event: EventKind;
  readonly conversation: string;
  readonly kind: ConversationKind;
  readonly from: string;
  /** The id of the message that it is about. */
  readonly message: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What the kind adds: text, value, emoji, member, state. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly arrival: number;
}

export function toEvent(profile: Profile, conversation: StoredConversation, row: StoredEvent): ChatEvent {
  return {
    eventId: toHex(row.eventId),
    event: row.event,
    conversation: conversationName(conversation),
    kind: conversation.kind,
    from: nameOf(profile, row.accountId),
    message: row.target === undefined ? null : toHex(row.target.messageId),
    at: row.at,
    details: row.details,
    arrival: row.arrival,
  };
}
