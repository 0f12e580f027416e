import { type ConversationKind, readConversations } from "../store/conversations.ts";
import { snapshot } from "../store/database.ts";
import { countMessages, readNewest } from "../store/messages.ts";
import { isNobody } from "./conversations.ts";
import { conversationName, type Message, toMessage } from "./message.ts";
import type { Profile } from "./profile.ts";

export interface ConversationRow {
  /** The name to send to. */
  readonly name: string;
  readonly kind: ConversationKind;
  readonly unread: number;
  /** Messages that wait for the relay. */
  readonly queued: number;
  readonly lastMessage: Message | null;
}

/** Conversations with something in them, the one that was last active first. */
export function listConversations(profile: Profile): ConversationRow[] {
  return snapshot(profile.db, () => list(profile));
}

function list(profile: Profile): ConversationRow[] {
  return readConversations(profile.db)
    .filter((conversation) => !isNobody(profile, conversation))
    .map((conversation) => {
      const [last] = readNewest(profile.db, { conversation: conversation.conversation, limit: 1 });
      return {
        name: conversationName(conversation),
        kind: conversation.kind,
        ...countMessages(profile.db, conversation.conversation),
        lastMessage: last === undefined ? null : toMessage(profile, conversation, last),
      };
    })
    .filter(({ lastMessage }) => lastMessage !== null)
    .sort((one, other) => (other.lastMessage?.position ?? 0) - (one.lastMessage?.position ?? 0));
}
