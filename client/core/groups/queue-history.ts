import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AccountId } from "../../../keys/index.ts";
import type { SharedMessageSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { readMessage, type StoredMessage } from "../../store/messages.ts";
import { meetingPlace } from "../conversations/conversations.ts";
import { queueControl } from "../outbox/queue-silent.ts";
import type { Profile } from "../profile.ts";

/** Of one `History`: what is longer goes in several. */
const MAX_MESSAGES = 100;
const MAX_BYTES = 48 * 1024;
/** More than all but the text of a message takes. */
const BYTES_BESIDE_TEXT = 192;

/** Queues messages of a group, oldest first, for one of its members, as they stand now. Inside a transaction. */
export function queueHistory(
  profile: Profile,
  stored: StoredConversation,
  account: AccountId,
  positions: readonly number[],
): void {
  const { conversationId, kind, title, peerName } = stored;
  if (conversationId === undefined) return;
  const direct = meetingPlace(profile, stored, account);
  const messages = positions.flatMap((position) => readMessage(profile.db, position) ?? []);
  for (const part of inParts(messages)) {
    const value = {
      conversationId,
      title: kind === "group" ? (title ?? peerName) : "",
      messages: part.map(sharedForm),
    };
    queueControl(profile, direct, { case: "history", value }, profile.runtime.now());
  }
}

function inParts(messages: readonly StoredMessage[]): StoredMessage[][] {
  const parts: StoredMessage[][] = [];
  let part: StoredMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const more = Buffer.byteLength(message.text ?? "") + BYTES_BESIDE_TEXT;
    if (part.length === 0 || part.length >= MAX_MESSAGES || bytes + more > MAX_BYTES) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(message);
    bytes += more;
  }
  return parts;
}

function sharedForm(message: StoredMessage): MessageInitShape<typeof SharedMessageSchema> {
  const { messageId, deviceId, accountId, sequence, sentAt, text, replyTo, replyToDevice, edited } = message;
  return {
    message: { messageId, deviceId },
    accountId,
    sequence: BigInt(sequence ?? 0),
    sentAt: BigInt(sentAt),
    text: text ?? "",
    edited,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(replyToDevice === undefined ? {} : { replyToDevice }),
  };
}
