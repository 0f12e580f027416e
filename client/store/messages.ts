import {
  type AccountId,
  accountId,
  type DeviceId,
  deviceId,
  type MessageId,
  messageId,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";
import { dropShared } from "./shared-messages.ts";

type MessageKind = "text" | "silent" | "unknown" | "unreadable";
export type MessageState = "queued" | "sent" | "failed" | "received";

export interface StoredMessage {
  /** The order in which this profile came to know them. */
  readonly position: number;
  readonly conversation: number;
  readonly messageId: MessageId;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Number in the log, undefined while queued. */
  readonly sequence: number | undefined;
  /** The order in which they were certain: received, or accepted by the relay. */
  readonly arrival: number | undefined;
  readonly kind: MessageKind;
  readonly state: MessageState;
  readonly unread: boolean;
  readonly text: string | undefined;
  readonly replyTo: MessageId | undefined;
  readonly replyToDevice: DeviceId | undefined;
  /** Of a silent one: what it says, encoded. Of an unknown one: as it came. */
  readonly body: Uint8Array | undefined;
  readonly sentAt: number;
  readonly receivedAt: number | undefined;
  /** When it disappears, milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  /** It has disappeared: its text is not here any more. */
  readonly gone: boolean;
  /** As the annotations make it. */
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly pinned: boolean;
  /** Asks for receipts in a conversation that is too large for them otherwise. */
  readonly wantsReceipts: boolean;
  readonly mentionsMe: boolean;
  /** The account that handed it on from before this one's time. */
  readonly sharedBy: AccountId | undefined;
  /** Why it failed or cannot be read: a code and a sentence. */
  readonly trouble: { readonly code: string; readonly text: string } | undefined;
}

export interface MessageRow {
  position: number;
  conversation: number;
  message_id: Uint8Array;
  account_id: Uint8Array;
  device_id: Uint8Array;
  sequence: number | null;
  arrival: number | null;
  kind: MessageKind;
  state: MessageState;
  unread: number;
  text: string | null;
  reply_to: Uint8Array | null;
  reply_to_device: Uint8Array | null;
  body: Uint8Array | null;
  expires_at: number | null;
  gone: number;
  edited: number;
  deleted: number;
  pinned: number;
  wants_receipts: number;
  mentions_me: number;
  shared_by: Uint8Array | null;
  sent_at: number;
  received_at: number | null;
  trouble_code: string | null;
  trouble: string | null;
}

export function messageFromRow(row: MessageRow): StoredMessage {
  return {
    position: row.position,
    conversation: row.conversation,
    messageId: messageId(row.message_id),
    accountId: accountId(row.account_id),
    deviceId: deviceId(row.device_id),
    sequence: row.sequence ?? undefined,
    arrival: row.arrival ?? undefined,
    kind: row.kind,
    state: row.state,
    unread: row.unread === 1,
    text: row.text ?? undefined,
    replyTo: row.reply_to === null ? undefined : messageId(row.reply_to),
    replyToDevice: row.reply_to_device === null ? undefined : deviceId(row.reply_to_device),
    body: row.body === null ? undefined : new Uint8Array(row.body),
    sentAt: row.sent_at,
    receivedAt: row.received_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    gone: row.gone === 1,
    edited: row.edited === 1,
    deleted: row.deleted === 1,
    pinned: row.pinned === 1,
    wantsReceipts: row.wants_receipts === 1,
    mentionsMe: row.mentions_me === 1,
    sharedBy: row.shared_by === null ? undefined : accountId(row.shared_by),
    trouble: row.trouble_code === null ? undefined : { code: row.trouble_code, text: row.trouble ?? "" },
  };
}

export interface NewMessage {
  readonly conversation: number;
  readonly messageId: MessageId;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly kind: MessageKind;
  readonly state: MessageState;
  readonly unread: boolean;
  readonly sentAt: number;
  readonly sequence?: number;
  readonly receivedAt?: number;
  readonly text?: string;
  readonly replyTo?: MessageId;
  readonly replyToDevice?: DeviceId;
  readonly expiresAt?: number;
  readonly gone?: boolean;
  readonly wantsReceipts?: boolean;
  readonly mentionsMe?: boolean;
  readonly sharedBy?: AccountId;
  readonly edited?: boolean;
  /** It was taken back before it came. */
  readonly deleted?: boolean;
  readonly contentType?: number;
  readonly body?: Uint8Array;
  readonly trouble?: { readonly code: string; readonly text: string };
}

/**
 * Its position; undefined when this device's message of that id is there already. One that was handed on gives way, and
 * is nothing that arrives, nor is one that was taken back before it came.
 */
export function addMessage(db: Database, made: NewMessage): number | undefined {
  const isShared = made.sharedBy !== undefined;
  if (!isShared) dropShared(db, made.messageId, made.deviceId);
  const { changes, lastInsertRowid } = statement<unknown[], never>(
    db,
    `insert into messages (conversation, message_id, account_id, device_id, sequence, arrival, kind, state, unread,
       text, reply_to, reply_to_device, content_type, body, sent_at, received_at, trouble_code, trouble, expires_at,
       gone, wants_receipts, mentions_me, shared_by, edited)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (device_id, message_id) do nothing`,
  ).run(
    made.conversation,
    made.messageId,
    made.accountId,
    made.deviceId,
    made.sequence ?? null,
    made.state === "queued" || isShared || made.deleted === true ? null : newestArrival(db) + 1,
    made.kind,
    made.state,
    made.unread ? 1 : 0,
    made.text ?? null,
    made.replyTo ?? null,
    made.replyToDevice ?? null,
    made.contentType ?? 1,
    made.body ?? null,
    made.sentAt,
    made.receivedAt ?? null,
    made.trouble?.code ?? null,
    made.trouble?.text ?? null,
    made.expiresAt ?? null,
    made.gone === true ? 1 : 0,
    made.wantsReceipts === true ? 1 : 0,
    made.mentionsMe === true ? 1 : 0,
    made.sharedBy ?? null,
    made.edited === true ? 1 : 0,
  );
  return changes === 1 ? Number(lastInsertRowid) : undefined;
}

/** Messages and events are numbered together. */
export function newestArrival(db: Database): number {
  const row = statement<[], { arrival: number }>(
    db,
    `select max(coalesce((select max(arrival) from messages), 0), coalesce((select max(arrival) from events), 0))
       as arrival`,
  ).get();
  return row?.arrival ?? 0;
}

/** The number of a device's last message that the log has brought before that number; 0 if there is none. */
export function newestOfDevice(
  db: Database,
  conversation: number,
  device: Uint8Array,
  before: number,
): number {
  const row = statement<[number, Uint8Array, number], { sequence: number | null }>(
    db,
    `select max(sequence) as sequence from messages
     where conversation = ? and device_id = ? and sequence < ? and arrival is not null`,
  ).get(conversation, device, before);
  return row?.sequence ?? 0;
}

export function readMessage(db: Database, position: number): StoredMessage | undefined {
  const row = statement<[number], MessageRow>(db, "select * from messages where position = ?").get(position);
  return row && messageFromRow(row);
}

export function findMessage(db: Database, id: Uint8Array, device: Uint8Array): StoredMessage | undefined {
  const row = statement<[Uint8Array, Uint8Array], MessageRow>(
    db,
    "select * from messages where message_id = ? and device_id = ?",
  ).get(id, device);
  return row && messageFromRow(row);
}

export function findMessageById(db: Database, id: Uint8Array): StoredMessage | undefined {
  const row = statement<[Uint8Array], MessageRow>(
    db,
    "select * from messages where message_id = ? order by position limit 1",
  ).get(id);
  return row && messageFromRow(row);
}

/** The one that came to be known last. */
export function newestMessage(db: Database, conversation: number): StoredMessage | undefined {
  const row = statement<[number], MessageRow>(
    db,
    "select * from messages where conversation = ? order by position desc limit 1",
  ).get(conversation);
  return row && messageFromRow(row);
}

/** The relay has stored it under this number, and what silent ones said is not needed any more. Once. */
export function markSent(db: Database, position: number, sequence: number): void {
  statement<[number, number, number], never>(
    db,
    `update messages set state = 'sent', sequence = ?, arrival = coalesce(arrival, ?), trouble_code = null, trouble = null,
       body = case kind when 'silent' then null else body end
     where position = ? and (state <> 'sent' or sequence is null)`,
  ).run(sequence, newestArrival(db) + 1, position);
}

export function markFailed(db: Database, position: number, trouble: { code: string; text: string }): void {
  statement<[string, string, number], never>(
    db,
    "update messages set state = 'failed', trouble_code = ?, trouble = ? where position = ? and state = 'queued'",
  ).run(trouble.code, trouble.text, position);
}

/** As if it were written now: it lasts as long as it was to last from then. */
export function queueAgain(db: Database, position: number, now: number): void {
  statement<[number, number, number], never>(
    db,
    `update messages set state = 'queued', trouble_code = null, trouble = null,
       expires_at = expires_at - sent_at + ?, sent_at = ?
     where position = ? and state = 'failed'`,
  ).run(now, now, position);
}

/** A message that carried nothing and was not needed after all. */
export function deleteSilent(db: Database, position: number): void {
  statement<[number], never>(db, "delete from messages where position = ? and kind = 'silent'").run(position);
}

export function clearUnread(db: Database, position: number): void {
  statement<[number], never>(db, "update messages set unread = 0 where position = ? and unread = 1").run(
    position,
  );
}

export function clearAllUnread(db: Database, conversation: number): void {
  statement<[number], never>(db, "update messages set unread = 0 where conversation = ? and unread = 1").run(
    conversation,
  );
}

/** Those that became certain after `after`, in that order. */
export function messagesArrivedAfter(db: Database, after: number, limit: number): StoredMessage[] {
  return statement<[number, number], MessageRow>(
    db,
    "select * from messages where arrival > ? order by arrival limit ?",
  )
    .all(after, limit)
    .map(messageFromRow);
}

export interface MessageFilter {
  /** Of one conversation, in the order of its log; otherwise of all that are open but those handed on, in the order in which they came to be known. */
  readonly conversation?: number;
  readonly limit: number;
  /** Older than this one. */
  readonly before?: StoredMessage;
  /** Received, or sent, since then. */
  readonly since?: number;
  readonly unread?: boolean;
}

const notShelved = "conversation not in (select conversation from conversations where shelf <> 'open')";

/** The newest that pass, oldest first. */
export function readNewest(db: Database, filter: MessageFilter): StoredMessage[] {
  const { conversation, limit, before, since, unread } = filter;
  const place = "coalesce(sequence, 9007199254740991)";
  const conditions = ["kind <> 'silent'", "gone = 0"];
  const values: (number | null)[] = [];
  const where = (condition: string, ...bound: number[]) => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (conversation !== undefined) where("conversation = ?", conversation);
  else conditions.push("shared_by is null", notShelved);
  if (unread === true) where("unread = 1");
  if (since !== undefined) where("coalesce(received_at, sent_at) >= ?", since);
  if (before !== undefined && conversation === undefined) where("position < ?", before.position);
  if (before !== undefined && conversation !== undefined) {
    where(`(${place}, position) < (?, ?)`, before.sequence ?? Number.MAX_SAFE_INTEGER, before.position);
  }
  const order = conversation === undefined ? "position desc" : `${place} desc, position desc`;
  return statement<(number | null)[], MessageRow>(
    db,
    `select * from messages where ${conditions.join(" and ")} order by ${order} limit ?`,
  )
    .all(...values, limit)
    .map(messageFromRow)
    .reverse();
}

/** Of other people's and own messages whose ids lie between the two, oldest first; neither silent nor gone. */
export function findMessagesBetween(
  db: Database,
  first: Uint8Array,
  last: Uint8Array,
  limit: number,
): StoredMessage[] {
  return statement<[Uint8Array, Uint8Array, number], MessageRow>(
    db,
    `select * from messages where message_id between ? and ? and kind <> 'silent' and gone = 0
     order by position limit ?`,
  )
    .all(first, last, limit)
    .map(messageFromRow);
}

/** What the annotations on a message come to. Without a text it is not unread any more. */
export function setShown(
  db: Database,
  position: number,
  shown: Pick<StoredMessage, "text" | "edited" | "deleted" | "pinned" | "mentionsMe">,
): void {
  const flags = [shown.edited, shown.deleted, shown.pinned, shown.mentionsMe].map(Number);
  statement<unknown[], never>(
    db,
    `update messages set text = ?, edited = ?, deleted = ?, pinned = ?, mentions_me = ?,
       unread = case when ? then 0 else unread end
     where position = ?`,
  ).run(shown.text ?? null, ...flags, Number(shown.deleted), position);
}

/** What a silent message says is not to be said any more. */
export function clearBody(db: Database, id: Uint8Array, device: Uint8Array): void {
  statement<[Uint8Array, Uint8Array], never>(
    db,
    "update messages set body = null where message_id = ? and device_id = ? and kind = 'silent'",
  ).run(id, device);
}

/** Messages whose time is over, silent ones with them. */
export function messagesPast(db: Database, now: number, limit: number): StoredMessage[] {
  return statement<[number, number], MessageRow>(
    db,
    `select * from messages where expires_at is not null and gone = 0 and expires_at <= ?
     order by expires_at limit ?`,
  )
    .all(now, limit)
    .map(messageFromRow);
}

/** When the next one disappears, milliseconds since 1970. */
export function nextExpiry(db: Database): number | undefined {
  const row = statement<[], { next: number | null }>(
    db,
    "select min(expires_at) as next from messages where expires_at is not null and gone = 0",
  ).get();
  return row?.next ?? undefined;
}

/** Its row stays, so that a copy of it is known. */
export function markGone(db: Database, position: number): void {
  statement<[number], never>(
    db,
    `update messages set gone = 1, text = null, body = null, unread = 0, edited = 0, pinned = 0
     where position = ?`,
  ).run(position);
}

export interface ConversationCount {
  readonly unread: number;
  /** Of the unread ones: those that name this account. */
  readonly mentions: number;
  readonly queued: number;
}

export function countMessages(db: Database, conversation: number): ConversationCount {
  const row = statement<[number], ConversationCount>(
    db,
    "select unread, mentions, queued from summaries where conversation = ?",
  ).get(conversation);
  return row ?? { unread: 0, mentions: 0, queued: 0 };
}

/** Whether that device has written since, by its own clock: when it came in here says nothing, nor does another's copy of it. */
export function hasSpokenSince(
  db: Database,
  { accountId, deviceId }: { readonly accountId: AccountId; readonly deviceId: DeviceId },
  since: number,
): boolean {
  return (
    statement<[Uint8Array, Uint8Array, number], unknown>(
      db,
      "select 1 from messages where device_id = ? and account_id = ? and sent_at > ? and shared_by is null limit 1",
    ).get(deviceId, accountId, since) !== undefined
  );
}
