// What is inside the ciphertext: what this device says, and what others' messages say to it.
import { fromBinary } from "@bufbuild/protobuf";
import { type AccountId, accountId, deviceId, type Inner, messageId } from "../../../keys/index.ts";
import {
  type Content,
  ContentSchema,
  type Delete,
  type MessageRef,
  type OwnState,
  type Receipt,
  type Text,
  VoteValue,
} from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { type Change, findTarget, type MessageName, readOriginal } from "../../store/annotations.ts";
import { findMessage, type NewMessage, type StoredMessage } from "../../store/messages.ts";
import type { Intent } from "../../store/outbox.ts";
import { isCount } from "../conversations/conversations.ts";
import { encodeContent } from "../outbox/encode-content.ts";
import { ownStateFor } from "../own-devices/encode-state.ts";
import type { Profile } from "../profile.ts";
import { receiptFor } from "../receipts/receipts.ts";
import { mentionsIn } from "./mentions.ts";
import { isEmoji, MAX_EMOJI, MAX_TEXT_BYTES } from "./text-limits.ts";

/** What an intent's message says, as of now; undefined: there is no need to say it any more. Inside a transaction. */
export function contentFor(profile: Profile, intent: Intent, message: StoredMessage): Uint8Array | undefined {
  switch (intent.purpose) {
    case "message":
      return textOf(profile, message);
    case "control":
      return isOutdated(profile, message) ? undefined : message.body;
    case "receipt":
      return intent.about === undefined ? ownStateFor(profile, intent) : receiptFor(profile, intent);
    case "confirmation":
    case "renewal":
      return encodeContent({ case: "sessionConfirmation", value: {} });
  }
}

/** As it was written: edits follow it as messages of their own. */
function textOf(profile: Profile, message: StoredMessage): Uint8Array | undefined {
  if (message.gone || message.deleted) return undefined;
  const text = readOriginal(profile.db, message)?.text ?? message.text ?? "";
  return encodeContent({
    case: "text",
    value: {
      text,
      expiresAt: BigInt(message.expiresAt ?? 0),
      wantsReceipts: message.wantsReceipts,
      mentions: mentionsIn(profile, message.conversation, text),
      ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
      ...(message.replyToDevice === undefined ? {} : { replyToDevice: message.replyToDevice }),
    },
  });
}

/** It is about a message that has disappeared. */
function isOutdated(profile: Profile, message: StoredMessage): boolean {
  if (message.gone) return true;
  const target = findTarget(profile.db, message);
  return target !== undefined && findMessage(profile.db, target.messageId, target.deviceId)?.gone === true;
}

/** What a message says. */
export type ReadContent =
  | {
      readonly kind: "text";
      readonly message: Pick<NewMessage, "text" | "replyTo" | "replyToDevice"> & TextMarks;
    }
  | {
      readonly kind: "annotation";
      readonly target: MessageName;
      readonly change: Change;
      readonly version: number;
      readonly mentions: readonly Uint8Array[];
      /** Of a delete: the target as its log has it, should it never have come here. */
      readonly deleted?: DeletedMessage;
    }
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  /** Of groups and histories: for whoever understands them. */
  | { readonly kind: "group"; readonly content: GroupContent }
  /** Of another device of this account. */
  | { readonly kind: "own state"; readonly state: OwnState }
  /** There is nothing to do about it. */
  | { readonly kind: "nothing" }
  /** This version does not know it, or it is not as it must be. */
  | { readonly kind: "unknown"; readonly body: Uint8Array };

interface TextMarks {
  /** Milliseconds since 1970; 0: never. */
  readonly expiresAt: number;
  readonly wantsReceipts: boolean;
  readonly mentions: readonly Uint8Array[];
}

export interface DeletedMessage {
  /** Its number in the log. */
  readonly sequence: number;
  readonly accountId: AccountId;
  readonly sentAt: number;
}

export type GroupContent = Extract<
  Content["kind"],
  { case: "invitation" | "title" | "historyClaim" | "history" }
>;

/** Lenient, unlike everything around it: what this version does not know is kept for one that does. */
export function readContent(inner: Inner): ReadContent {
  const unknown = { kind: "unknown", body: inner.body } as const;
  if (inner.contentType !== 1) return unknown;
  try {
    return readKind(fromBinary(ContentSchema, inner.body).kind) ?? unknown;
  } catch {
    return unknown;
  }
}

/** Undefined: unknown. What breaks the rules of content.proto says nothing. */
function readKind(kind: Content["kind"]): ReadContent | undefined {
  switch (kind.case) {
    case "text":
      return isText(kind.value.text) ? { kind: "text", message: readText(kind.value) } : undefined;
    case "sessionConfirmation":
      return { kind: "nothing" };
    case "edit": {
      const { text, target, version, mentions } = kind.value;
      return isText(text) && text !== ""
        ? annotation(target, { kind: "edit", text }, version, mentions)
        : { kind: "nothing" };
    }
    case "delete": {
      const read = annotation(kind.value.target, { kind: "delete" }, 1n);
      const deleted = readDeleted(kind.value);
      return read.kind === "annotation" && deleted !== undefined ? { ...read, deleted } : read;
    }
    case "reactions": {
      const { emoji, target, version } = kind.value;
      const isValid =
        emoji.length <= MAX_EMOJI && new Set(emoji).size === emoji.length && emoji.every(isEmoji);
      return isValid ? annotation(target, { kind: "reactions", emoji }, version) : { kind: "nothing" };
    }
    case "vote": {
      const value = votes.get(kind.value.value);
      return value === undefined
        ? { kind: "nothing" }
        : annotation(kind.value.target, { kind: "vote", value }, kind.value.version);
    }
    case "pin":
      return annotation(kind.value.target, { kind: "pin", pinned: kind.value.pinned }, kind.value.version);
    case "receipt":
      return { kind: "receipt", receipt: kind.value };
    case "invitation":
    case "title":
    case "historyClaim":
    case "history":
      return { kind: "group", content: kind };
    case "ownState":
      return { kind: "own state", state: kind.value };
    case undefined:
      return undefined;
  }
}

const votes: ReadonlyMap<VoteValue, "up" | "down" | "none"> = new Map([
  [VoteValue.UNSPECIFIED, "none"],
  [VoteValue.UP, "up"],
  [VoteValue.DOWN, "down"],
]);

function readDeleted({ sequence, accountId: account, sentAt }: Delete): DeletedMessage | undefined {
  if (sequence === 0n || !isCount(sequence) || !isCount(sentAt) || account.length !== 32) return undefined;
  return { sequence: Number(sequence), accountId: accountId(account), sentAt: Number(sentAt) };
}

function isText(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_TEXT_BYTES;
}

function readText({ text, replyTo, replyToDevice, mentions, expiresAt, wantsReceipts }: Text) {
  return {
    text,
    ...(replyTo.length === 16 ? { replyTo: messageId(replyTo) } : {}),
    ...(replyTo.length === 16 && replyToDevice.length === 16
      ? { replyToDevice: deviceId(replyToDevice) }
      : {}),
    expiresAt: isCount(expiresAt) ? Number(expiresAt) : 0,
    wantsReceipts,
    mentions,
  };
}

function annotation(
  target: MessageRef | undefined,
  change: Change,
  version: bigint,
  mentions: readonly Uint8Array[] = [],
): ReadContent {
  if (target?.messageId.length !== 16 || target.deviceId.length !== 16) return { kind: "nothing" };
  if (version < 1n || !isCount(version)) return { kind: "nothing" };
  const name = { messageId: messageId(target.messageId), deviceId: deviceId(target.deviceId) };
  return { kind: "annotation", target: name, change, version: Number(version), mentions };
}
