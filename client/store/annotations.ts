import {
  type AccountId,
  accountId,
  type DeviceId,
  deviceId,
  type MessageId,
  messageId,
  type Role,
  rankOf,
  roleRanked,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** Names a message: ids are their device's choice. */
export interface MessageName {
  readonly messageId: MessageId;
  readonly deviceId: DeviceId;
}

/** What an annotation says of its target. */
export type Change =
  | { readonly kind: "edit"; readonly text: string }
  | { readonly kind: "delete" }
  | { readonly kind: "reactions"; readonly emoji: readonly string[] }
  | { readonly kind: "vote"; readonly value: "up" | "down" | "none" }
  | { readonly kind: "pin"; readonly pinned: boolean };

/** What somebody did with a message. */
export interface Annotation {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Of the message that carried it. */
  readonly messageId: MessageId;
  readonly change: Change;
  readonly version: number;
  /** The author's role at that row; undefined in a direct conversation. */
  readonly role: Role | undefined;
  /** It is an edit whose text names this account. */
  readonly mentionsMe: boolean;
  readonly sentAt: number;
}

export interface NewAnnotation extends Annotation {
  readonly conversation: number;
  readonly target: MessageName;
}

interface Row {
  account_id: Uint8Array;
  device_id: Uint8Array;
  message_id: Uint8Array;
  kind: Change["kind"];
  version: number;
  value: string | null;
  role: number | null;
  mentions_me: number;
  sent_at: number;
}

function fromRow(row: Row): Annotation {
  return {
    accountId: accountId(row.account_id),
    deviceId: deviceId(row.device_id),
    messageId: messageId(row.message_id),
    change: readChange(row.kind, row.value ?? ""),
    version: row.version,
    role: row.role === null ? undefined : roleRanked(row.role),
    mentionsMe: row.mentions_me === 1,
    sentAt: row.sent_at,
  };
}

function readChange(kind: Change["kind"], value: string): Change {
  switch (kind) {
    case "edit":
      return { kind, text: value };
    case "delete":
      return { kind };
    case "reactions":
      return { kind, emoji: JSON.parse(value) };
    case "vote":
      return { kind, value: value === "up" || value === "down" ? value : "none" };
    case "pin":
      return { kind, pinned: value === "1" };
  }
}

function encodeValue(change: Change): string | null {
  switch (change.kind) {
    case "edit":
      return change.text;
    case "delete":
      return null;
    case "reactions":
      return JSON.stringify(change.emoji);
    case "vote":
      return change.value;
    case "pin":
      return change.pinned ? "1" : "0";
  }
}

/** The text that a message had before all edits is kept as the edit with this version, in the message's own name. */
const ORIGINAL = 0;

export function addAnnotation(db: Database, made: NewAnnotation): void {
  statement<unknown[], never>(
    db,
    `insert into annotations (conversation, target_device, target_message, account_id, device_id, message_id, kind,
       version, value, role, mentions_me, sent_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (device_id, message_id) do nothing`,
  ).run(
    made.conversation,
    made.target.deviceId,
    made.target.messageId,
    made.accountId,
    made.deviceId,
    made.messageId,
    made.change.kind,
    made.version,
    encodeValue(made.change),
    made.role === undefined ? null : rankOf(made.role),
    made.mentionsMe ? 1 : 0,
    made.sentAt,
  );
}

/** How many of one account's edits of one message are kept: more than anybody makes by hand. */
const MAX_EDITS = 100;

/**
 * Drops what one account did with a message and has outdone since: nothing comes of it any more, and every further
 * annotation would have to be weighed against it.
 */
export function dropOutdone(db: Database, { conversation, target, accountId, change }: NewAnnotation): void {
  if (change.kind === "delete") return;
  statement<unknown[], never>(
    db,
    `delete from annotations where (device_id, message_id) in (
       select device_id, message_id from annotations
       where target_device = ? and target_message = ? and conversation = ? and account_id = ? and kind = ?
         and version <> ?
       order by version desc, device_id desc, message_id desc limit -1 offset ?)`,
  ).run(
    target.deviceId,
    target.messageId,
    conversation,
    accountId,
    change.kind,
    ORIGINAL,
    change.kind === "edit" ? MAX_EDITS : 1,
  );
}

/** On a message of this conversation; what names it from another one is not about it. */
export function annotationsOf(db: Database, conversation: number, target: MessageName): Annotation[] {
  return statement<[Uint8Array, Uint8Array, number, number], Row>(
    db,
    `select * from annotations
     where target_device = ? and target_message = ? and conversation = ? and version <> ?`,
  )
    .all(target.deviceId, target.messageId, conversation, ORIGINAL)
    .map(fromRow);
}

/** A message's text before all edits. */
export interface Original {
  readonly text: string;
  readonly mentionsMe: boolean;
}

/** Once an edit has taken its place. */
export function readOriginal(db: Database, { messageId, deviceId }: MessageName): Original | undefined {
  const row = statement<[Uint8Array, Uint8Array, number], { value: string | null; mentions_me: number }>(
    db,
    "select value, mentions_me from annotations where device_id = ? and message_id = ? and version = ?",
  ).get(deviceId, messageId, ORIGINAL);
  return row && { text: row.value ?? "", mentionsMe: row.mentions_me === 1 };
}

export function keepOriginal(
  db: Database,
  message: MessageName & { conversation: number; accountId: AccountId; sentAt: number },
  { text, mentionsMe }: Original,
): void {
  const { conversation, accountId, deviceId, messageId, sentAt } = message;
  addAnnotation(db, {
    conversation,
    target: { messageId, deviceId },
    accountId,
    deviceId,
    messageId,
    change: { kind: "edit", text },
    version: ORIGINAL,
    role: undefined,
    mentionsMe,
    sentAt,
  });
}

/** A message was taken back: its texts go, and that there were edits stays. */
export function clearTexts(db: Database, { messageId, deviceId }: MessageName): void {
  statement<[Uint8Array, Uint8Array], never>(
    db,
    "update annotations set value = null where target_device = ? and target_message = ? and kind = 'edit'",
  ).run(deviceId, messageId);
}

export function deleteAnnotationsOf(db: Database, { messageId, deviceId }: MessageName): void {
  statement<[Uint8Array, Uint8Array], never>(
    db,
    "delete from annotations where target_device = ? and target_message = ?",
  ).run(deviceId, messageId);
}

/** The target of what a message carried; undefined when it carried no annotation. */
export function findTarget(
  db: Database,
  { messageId: id, deviceId: device }: MessageName,
): MessageName | undefined {
  const row = statement<[Uint8Array, Uint8Array], { target_message: Uint8Array; target_device: Uint8Array }>(
    db,
    "select target_message, target_device from annotations where device_id = ? and message_id = ?",
  ).get(device, id);
  return row && { messageId: messageId(row.target_message), deviceId: deviceId(row.target_device) };
}

/** The relay does not take what carried it. */
export function deleteAnnotation(db: Database, { messageId, deviceId }: MessageName): void {
  statement<[Uint8Array, Uint8Array], never>(
    db,
    "delete from annotations where device_id = ? and message_id = ?",
  ).run(deviceId, messageId);
}
