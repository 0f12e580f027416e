import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ContentSchema, VoteValue } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import type { Change, MessageName } from "../../store/annotations.ts";
import type { StoredMessage } from "../../store/messages.ts";

/** One of the kinds of content.proto. */
export type ContentInit = NonNullable<MessageInitShape<typeof ContentSchema>["kind"]>;

export function encodeContent(kind: ContentInit): Uint8Array {
  return toBinary(ContentSchema, create(ContentSchema, { kind }));
}

/** `mentions`: whom the text of an edit names. */
export function encodeChange(
  target: MessageName & Partial<Pick<StoredMessage, "sequence" | "accountId" | "sentAt">>,
  change: Change,
  version: number,
  mentions: Uint8Array[] = [],
): ContentInit {
  const common = {
    target: { messageId: target.messageId, deviceId: target.deviceId },
    version: BigInt(version),
  };
  switch (change.kind) {
    case "edit":
      return { case: "edit", value: { ...common, text: change.text, mentions } };
    case "delete":
      return {
        case: "delete",
        value: {
          target: common.target,
          sequence: BigInt(target.sequence ?? 0),
          accountId: target.accountId ?? new Uint8Array(),
          sentAt: BigInt(target.sentAt ?? 0),
        },
      };
    case "reactions":
      return { case: "reactions", value: { ...common, emoji: [...change.emoji] } };
    case "vote": {
      const value = { up: VoteValue.UP, down: VoteValue.DOWN, none: VoteValue.UNSPECIFIED }[change.value];
      return { case: "vote", value: { ...common, value } };
    }
    case "pin":
      return { case: "pin", value: { ...common, pinned: change.pinned } };
  }
}
