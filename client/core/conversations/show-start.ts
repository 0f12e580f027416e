import { deviceId, findDevice, type LogHead, messageId, sha256 } from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { addMessage } from "../../store/messages.ts";
import { ownChain } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";

const noDevice = deviceId(new Uint8Array(16));

/**
 * One line for all that was said before this device was known: where its log begins. Inside a transaction.
 */
export function showStart(profile: Profile, stored: StoredConversation, start: LogHead): void {
  const { conversation, conversationId, peerAccount } = stored;
  const now = profile.runtime.now();
  addMessage(profile.db, {
    conversation,
    messageId: messageId(
      sha256(Buffer.concat([conversationId ?? new Uint8Array(), start.hash])).slice(0, 16),
    ),
    accountId: peerAccount ?? profile.identity.accountId,
    deviceId: noDevice,
    sequence: start.sequence,
    kind: "unreadable",
    state: "received",
    unread: false,
    sentAt: now,
    receivedAt: now,
    trouble: {
      code: "not_for_this_device",
      text: "earlier messages were sent before this device was known",
    },
  });
}

/** Of the device that the account began with nothing may be held back. */
export function wasThereFromTheStart(profile: Profile): boolean {
  const own = findDevice(ownChain(profile), profile.identity.deviceId);
  return own?.addedSequence === 0;
}
