import { type DeviceAddress, type Hash, messageId } from "../../../keys/index.ts";
import { addMessage } from "../../store/messages.ts";
import { addIntent, type NewIntent } from "../../store/outbox.ts";
import type { Profile } from "../profile.ts";
import { type ContentInit, encodeContent } from "./encode-content.ts";

/** Queues a message without content, for what its wraps do. Inside a transaction. */
export function queueSilent(
  profile: Profile,
  conversation: number,
  purpose: "confirmation" | "renewal",
  device: DeviceAddress,
  session?: Hash,
): void {
  queue(profile, { conversation, purpose, device, ...(session === undefined ? {} : { session }) }, {});
}

/**
 * Queues what is said to programs rather than people: edits, votes, invitations. `expiresAt`: it is about a message that
 * disappears then. Returns its position. Inside a transaction.
 */
export function queueControl(
  profile: Profile,
  conversation: number,
  content: ContentInit,
  now: number,
  expiresAt?: number,
): number {
  const body = encodeContent(content);
  const rest = expiresAt === undefined ? { body } : { body, expiresAt };
  return queue(profile, { conversation, purpose: "control" }, { ...rest, sentAt: now });
}

/** Queues a receipt about a conversation; what it says is reckoned when it is sealed. Inside a transaction. */
export function queueReceipt(profile: Profile, conversation: number, about: number, dueAt: number): number {
  return queue(profile, { conversation, purpose: "receipt", about, dueAt }, {});
}

/** Queues what the account's other devices are to hear; as of a receipt, what it says is reckoned when it is sealed. */
export function queueOwnState(profile: Profile, self: number, dueAt: number): number {
  return queue(profile, { conversation: self, purpose: "receipt", dueAt }, {});
}

function queue(
  profile: Profile,
  intent: Omit<NewIntent, "position">,
  made: { body?: Uint8Array; sentAt?: number; expiresAt?: number },
): number {
  const { db, runtime, identity } = profile;
  const position = addMessage(db, {
    conversation: intent.conversation,
    messageId: messageId(runtime.random(16)),
    accountId: identity.accountId,
    deviceId: identity.deviceId,
    kind: "silent",
    state: "queued",
    unread: false,
    sentAt: runtime.now(),
    ...made,
  });
  if (position === undefined) throw new Error("a message id came up twice");
  addIntent(db, { ...intent, position });
  return position;
}
