import { equal, messageId, sha256, toHex, validName } from "../../../keys/index.ts";
import { readConversation, type StoredConversation } from "../../store/conversations.ts";
import { snapshot, transact } from "../../store/database.ts";
import { findKey, saveKey } from "../../store/idempotency-keys.ts";
import { addMessage, readMessage, type StoredMessage } from "../../store/messages.ts";
import { addIntent } from "../../store/outbox.ts";
import { ChatError } from "../chat-error.ts";
import {
  conversationWith,
  type Destination,
  findConversationWith,
  resolveTo,
} from "../conversations/conversations.ts";
import { messageCalled } from "../messages/find-message.ts";
import { type Message, toMessage } from "../messages/message.ts";
import { checkText } from "../messages/text-limits.ts";
import { admit, isBlocked, stopIfKeyChanged } from "../people/standing.ts";
import type { Profile } from "../profile.ts";

const MAX_KEY_BYTES = 256;
const SHORTEST_LIFE_MS = 1_000;

export interface MessageToSend {
  /** A name as the user gave it; without it, where the message is that this answers. */
  readonly to?: string;
  readonly text: string;
  /** The id, or its beginning, of the message that this answers. */
  readonly replyTo?: string;
  /** Milliseconds from now until it disappears, everywhere. */
  readonly expireAfter?: number;
  /** Asks for receipts, however many it is for. */
  readonly wantsReceipts?: boolean;
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
export function queueMessage(profile: Profile, made: MessageToSend): QueuedMessage {
  const { to, text, key, expireAfter, wantsReceipts = false } = made;
  checkText(text);
  if (key !== undefined) checkKey(key);
  if (expireAfter !== undefined && expireAfter < SHORTEST_LIFE_MS) {
    throw new ChatError("bad_input", "A message lasts at least a second.");
  }
  const destination = to === undefined ? undefined : resolveTo(profile, to);
  return transact(profile.db, () => {
    const answered = made.replyTo === undefined ? undefined : messageToAnswer(profile, made.replyTo);
    const existing =
      destination === undefined
        ? answered && readConversation(profile.db, answered.conversation)
        : findConversationWith(profile, destination);
    if (answered !== undefined && existing?.conversation !== answered.conversation) {
      throw new ChatError("bad_input", "The message to answer is in another conversation.");
    }
    const content = contentHash(text, answered, expireAfter);
    const earlier =
      key === undefined || existing === undefined ? undefined : findFirst(profile, existing, key, content);
    if (earlier !== undefined) return earlier;
    const conversation = existing?.conversation ?? newConversation(profile, destination);
    knowPeer(profile, conversation);
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
      wantsReceipts,
      ...(answered === undefined ? {} : { replyTo: answered.messageId, replyToDevice: answered.deviceId }),
      ...(expireAfter === undefined ? {} : { expiresAt: now + expireAfter }),
    });
    if (position === undefined) throw new Error("a message id came up twice");
    addIntent(profile.db, { conversation, position, purpose: "message" });
    if (key !== undefined) {
      saveKey(profile.db, conversation, key, { position, contentHash: content }, now);
    }
    return { message: messageAt(profile, position), position, isNew: true };
  });
}

function findFirst(
  profile: Profile,
  { conversation }: StoredConversation,
  key: string,
  content: Uint8Array,
): QueuedMessage | undefined {
  const first = findKey(profile.db, conversation, key);
  if (first === undefined) return undefined;
  if (!equal(first.contentHash, content)) {
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

function newConversation(profile: Profile, destination: Destination | undefined): number {
  if (destination === undefined) throw new ChatError("bad_input", "Nobody is named to send it to.");
  return conversationWith(profile, destination);
}

function messageToAnswer(profile: Profile, id: string): StoredMessage {
  const answered = messageCalled(profile, id);
  if (answered.kind === "unreadable") {
    throw new ChatError("bad_input", "That message could not be read: nobody else knows it by this id.");
  }
  if (answered.state === "failed") throw new ChatError("bad_input", "That message was never sent.");
  return answered;
}

/**
 * Whoever writes to somebody knows him. Inside a transaction. Throws `not_allowed` for somebody blocked, and for an
 * account that had its name before another; `security_stop` while that is not decided.
 */
export function knowPeer(profile: Profile, conversation: number): void {
  const { kind, peerAccount, peerName } = readConversation(profile.db, conversation);
  if (kind !== "dm" || peerAccount === undefined) return;
  stopIfKeyChanged(profile, peerName);
  if (!validName(peerName)) {
    throw new ChatError("not_allowed", "Another account has that name now: here nothing is sent any more.");
  }
  if (isBlocked(profile, peerAccount)) {
    throw new ChatError("not_allowed", `You have blocked ${peerName}.`, {
      hint: `\`chat unblock ${peerName}\` lets you write to each other again.`,
    });
  }
  admit(profile, peerAccount);
}

function checkKey(key: string): void {
  if (key === "" || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new ChatError("bad_input", `A key has 1 to ${MAX_KEY_BYTES} bytes.`);
  }
}

/** Of everything that makes two sends under one key the same. */
function contentHash(text: string, answered?: StoredMessage, expireAfter?: number): Uint8Array {
  const lines = ["text", toHex(sha256(new TextEncoder().encode(text)))];
  if (answered !== undefined) lines.push(`reply ${toHex(answered.deviceId)} ${toHex(answered.messageId)}`);
  if (expireAfter !== undefined) lines.push(`expire ${expireAfter}`);
  return sha256(new TextEncoder().encode(lines.join("\n")));
}
