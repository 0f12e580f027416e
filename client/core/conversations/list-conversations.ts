import {
  type ConversationKind,
  type Notify,
  readConversations,
  type Standing,
  type StoredConversation,
} from "../../store/conversations.ts";
import { snapshot } from "../../store/database.ts";
import { countMessages, readNewest } from "../../store/messages.ts";
import { nameOf } from "../groups/memberships.ts";
import { conversationName, type Message, toMessage } from "../messages/message.ts";
import type { Profile } from "../profile.ts";
import { isGroup, isNobody } from "./conversations.ts";

export interface ConversationRow {
  /** The name to send to. */
  readonly name: string;
  readonly kind: ConversationKind;
  readonly unread: number;
  /** Of the unread ones: those that name this account. */
  readonly mentions: number;
  /** Messages that wait for the relay. */
  readonly queued: number;
  readonly standing: Standing;
  /** Of a group or room, as it is called by others; otherwise null. */
  readonly title: string | null;
  /** Of an invitation. */
  readonly invitedBy: string | null;
  readonly notify: Notify;
  readonly lastMessage: Message | null;
}

/** Invitations first; then groups, and conversations with something in them, the one that was last active first. */
export function listConversations(profile: Profile): ConversationRow[] {
  return snapshot(profile.db, () => list(profile));
}

function list(profile: Profile): ConversationRow[] {
  return readConversations(profile.db)
    .filter((conversation) => conversation.shelf === "open" && !isNobody(profile, conversation))
    .map((conversation) => row(profile, conversation))
    .filter(({ lastMessage, kind, standing }) => lastMessage !== null || (isGroup(kind) && isOpen(standing)))
    .sort((one, other) => rank(other) - rank(one));
}

function isOpen(standing: Standing): boolean {
  return standing === "member" || standing === "invited";
}

function rank({ standing, lastMessage }: ConversationRow): number {
  return standing === "invited" ? Number.MAX_SAFE_INTEGER : (lastMessage?.position ?? 0);
}

function row(profile: Profile, conversation: StoredConversation): ConversationRow {
  const [last] = readNewest(profile.db, { conversation: conversation.conversation, limit: 1 });
  const { standing, title, invitedBy, notify, kind } = conversation;
  return {
    name: conversationName(conversation),
    kind,
    ...countMessages(profile.db, conversation.conversation),
    standing,
    title: title ?? null,
    invitedBy: standing === "invited" && invitedBy !== undefined ? nameOf(profile, invitedBy) : null,
    notify,
    lastMessage: last === undefined ? null : toMessage(profile, conversation, last),
  };
}
