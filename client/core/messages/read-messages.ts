import { toHex } from "../../../keys/index.ts";
import { readConversation, type StoredConversation } from "../../store/conversations.ts";
import { snapshot, transact } from "../../store/database.ts";
import {
  clearUnread,
  findMessageById,
  readMessage,
  readNewest,
  type StoredMessage,
} from "../../store/messages.ts";
import { ChatError } from "../chat-error.ts";
import { findConversationWith, isNobody, resolveTo } from "../conversations/conversations.ts";
import { tellOwnDevices } from "../own-devices/tell.ts";
import type { Profile } from "../profile.ts";
import { acknowledge } from "../receipts/queue-receipts.ts";
import { type Message, toMessage } from "./message.ts";

export interface Reading {
  /** A name as the user gave it; without it, all conversations. */
  readonly conversation?: string;
  readonly limit: number;
  /** Only what is older than this message: its id. */
  readonly before?: string;
  /** Only what was received, or sent, since then: milliseconds since 1970. */
  readonly since?: number;
  readonly unread?: boolean;
}

/**
 * The newest messages, oldest first. Throws `bad_name`; `unknown_conversation` for a person with whom there is none;
 * `bad_input` and `unknown_message` for `before`.
 */
export function readMessages(profile: Profile, reading: Reading): Message[] {
  return snapshot(profile.db, () => read(profile, reading));
}

function read(profile: Profile, reading: Reading): Message[] {
  const conversation =
    reading.conversation === undefined ? undefined : conversationNumber(profile, reading.conversation);
  // Nothing was ever written there: `me` before the first note.
  if (conversation === null) return [];
  const before = reading.before === undefined ? undefined : findById(profile, reading.before);
  const found = readNewest(profile.db, {
    limit: reading.limit,
    ...(conversation === undefined ? {} : { conversation }),
    ...(before === undefined ? {} : { before }),
    ...(reading.since === undefined ? {} : { since: reading.since }),
    ...(reading.unread === undefined ? {} : { unread: reading.unread }),
  });
  const conversations = new Map<number, StoredConversation>();
  return found.map((stored) => {
    const known = conversations.get(stored.conversation) ?? readConversation(profile.db, stored.conversation);
    conversations.set(stored.conversation, known);
    return toMessage(profile, known, stored);
  });
}

/** The local number of a conversation; null for `me` before the first note. Throws as `readMessages` does. */
export function conversationNumber(profile: Profile, name: string): number | null {
  const destination = resolveTo(profile, name);
  const found = findConversationWith(profile, destination);
  if (found !== undefined && !isNobody(profile, found)) return found.conversation;
  if (destination.kind === "self") return null;
  throw new ChatError("unknown_conversation", `There is no conversation with ${destination.name}.`, {
    hint: "`chat list` lists yours; `chat send` begins one.",
  });
}

function findById(profile: Profile, id: string): StoredMessage {
  if (!/^[0-9a-f]{32}$/i.test(id)) {
    throw new ChatError("bad_input", `"${id}" is not the id of a message.`, {
      hint: "An id has 32 hex digits.",
    });
  }
  const found = findMessageById(profile.db, Buffer.from(id, "hex"));
  if (found === undefined) throw new ChatError("unknown_message", `There is no message ${id}.`);
  return found;
}

/** What was shown to a person is not unread any more, but for requests; its authors will hear of it. */
export function markRead(profile: Profile, messages: readonly Pick<Message, "position">[]): void {
  if (messages.length === 0) return;
  transact(profile.db, () => {
    const authors = new Map<string, StoredMessage>();
    for (const { position } of messages) {
      const stored = readMessage(profile.db, position);
      if (stored?.unread !== true || readConversation(profile.db, stored.conversation).shelf !== "open")
        continue;
      clearUnread(profile.db, position);
      const author = `${stored.conversation} ${toHex(stored.accountId)}`;
      // Of several the one that asks to hear of it.
      if (authors.get(author)?.wantsReceipts !== true) authors.set(author, stored);
    }
    for (const stored of authors.values())
      acknowledge(profile, stored.conversation, stored.accountId, stored);
    for (const conversation of new Set([...authors.values()].map((stored) => stored.conversation)))
      tellOwnDevices(profile, { about: "read", conversation });
  });
}
