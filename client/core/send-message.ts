import { equal, messageId, sha256, toHex } from "../../keys/index.ts";
import { readConversation, type StoredConversation } from "../store/conversations.ts";
import { snapshot, transact } from "../store/database.ts";
import { findKey, saveKey } from "../store/idempotency-keys.ts";
import { addMessage, readMessage } from "../store/messages.ts";
import { addIntent } from "../store/outbox.ts";
import { ChatError } from "./chat-error.ts";
import { conversationWith, findConversationWith, resolveTo } from "./conversations.ts";
import { type Message, toMessage } from "./message.ts";
import type { Profile } from "./profile.ts";

export const MAX_TEXT_BYTES = 65_536;
const MAX_KEY_BYTES = 256;

export interface MessageToSend {
  /** A name as the user gave it. */
  readonly to: string;
  readonly text: string;
  /** Makes the send idempotent, per device and conversation, for at least 30 days. */
  readonly key?: string;
}

export interface QueuedMessage {
  /** As it stands: a repeated key gives the first message. */
  readonly message: Message;
  /** For `waitForMessage`. */
  readonly position: number;
  /** False: the key was used before for the same content, and nothing was queued. */
  readonly isNew: boolean;
}

/**
 * Puts a message into the outbox, in one transaction and without a network: from now on it is sent, whatever happens.
 * Throws `text_empty`, `text_too_long`, `bad_input`, `bad_name`, `unknown_conversation`, `key_conflict`.
 */
export function queueMessage(profile: Profile, { to, text, key }: MessageToSend): QueuedMessage {
  checkText(text);
  if (key !== undefined) checkKey(key);
  const destination = resolveTo(profile, to);
  return transact(profile.db, () => {
    const existing = findConversationWith(profile, destination);
    const earlier =
      key === undefined || existing === undefined ? undefined : findFirst(profile, existing, key, text);
    if (earlier !== undefined) return earlier;
    const conversation = conversationWith(profile, destination);
    const now = profile.runtime.now();
    const { identity } = profile;
    const position = addMessage(profile.db, {
      conversation,
      messageId: messageId(profile.runtime.random(16)),
      accountId: identity.accountId,
      deviceId: identity.deviceId,
      kind: "text",
      state: "queued",
      unread: false,
      text,
      sentAt: now,
    });
    if (position === undefined) throw new Error("a message id came up twice");
    addIntent(profile.db, { conversation, position, purpose: "message" });
    if (key !== undefined) {
      saveKey(profile.db, conversation, key, { position, contentHash: contentHash(text) }, now);
    }
    return { message: messageAt(profile, position), position, isNew: true };
  });
}

function findFirst(
  profile: Profile,
  { conversation }: StoredConversation,
  key: string,
  text: string,
): QueuedMessage | undefined {
  const first = findKey(profile.db, conversation, key);
  if (first === undefined) return undefined;
  if (!equal(first.contentHash, contentHash(text))) {
    const id = messageAt(profile, first.position).id;
    throw new ChatError("key_conflict", `The key "${key}" was used for another message here: ${id}.`, {
      hint: "Use a new key for a new message.",
    });
  }
  return { message: messageAt(profile, first.position), position: first.position, isNew: false };
}

/** A message as it stands now. */
export function messageAt(profile: Profile, position: number): Message {
  return snapshot(profile.db, () => {
    const stored = readMessage(profile.db, position);
    if (stored === undefined) throw new ChatError("unknown_message", "There is no such message.");
    return toMessage(profile, readConversation(profile.db, stored.conversation), stored);
  });
}

function checkText(text: string): void {
  if (text === "") throw new ChatError("text_empty", "The message is empty.");
  if (!text.isWellFormed()) throw new ChatError("bad_input", "The text is not well-formed Unicode.");
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw textTooLong();
}

export function textTooLong(): ChatError {
  const most = MAX_TEXT_BYTES.toLocaleString("en");
  return new ChatError("text_too_long", `The text is too long: a message has at most ${most} bytes.`, {
    hint: "Send it in parts.",
  });
}

function checkKey(key: string): void {
  if (key === "" || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new ChatError("bad_input", `A key has 1 to ${MAX_KEY_BYTES} bytes.`);
  }
}

/** Of everything that makes two sends under one key the same. */
function contentHash(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(`text\n${toHex(sha256(new TextEncoder().encode(text)))}`));
}
