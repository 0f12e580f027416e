import { type DeviceAddress, type Hash, messageId } from "../../keys/index.ts";
import { addMessage } from "../store/messages.ts";
import { addIntent } from "../store/outbox.ts";
import type { Profile } from "./profile.ts";

/** Queues a message without content, for what its wraps do. Inside a transaction. */
export function queueSilent(
  profile: Profile,
  conversation: number,
  purpose: "confirmation" | "renewal",
  device: DeviceAddress,
  session?: Hash,
): void {
  const { db, runtime, identity } = profile;
  const position = addMessage(db, {
    conversation,
    messageId: messageId(runtime.random(16)),
    accountId: identity.accountId,
    deviceId: identity.deviceId,
    kind: "silent",
    state: "queued",
    unread: false,
    sentAt: runtime.now(),
  });
  if (position === undefined) throw new Error("a message id came up twice");
  addIntent(db, { conversation, position, purpose, device, ...(session === undefined ? {} : { session }) });
}
