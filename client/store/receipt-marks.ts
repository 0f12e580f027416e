// What receipts are reckoned from: where messages stand in the log. Positions up to `floor` belong to a log that is lost.
import { type AccountId, type DeviceId, deviceId, type MessageId, messageId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** The newest message of an author that is here and can be read; 0 if there is none. */
export function newestReceived(db: Database, conversation: number, author: AccountId, floor: number): number {
  return newestBelow(db, conversation, author, floor, Number.MAX_SAFE_INTEGER);
}

/** The newest message of an author that was read, and before which none is unread; 0 if there is none. */
export function newestRead(db: Database, conversation: number, author: AccountId, floor: number): number {
  const row = statement<[number, Uint8Array, number], { sequence: number | null }>(
    db,
    `select min(sequence) as sequence from messages
     where conversation = ? and account_id = ? and unread = 1 and position > ?`,
  ).get(conversation, author, floor);
  return newestBelow(db, conversation, author, floor, row?.sequence ?? Number.MAX_SAFE_INTEGER);
}

function newestBelow(
  db: Database,
  conversation: number,
  author: AccountId,
  floor: number,
  below: number,
): number {
  const row = statement<[number, Uint8Array, number, number], { sequence: number }>(
    db,
    `select sequence from messages
     where conversation = ? and account_id = ? and position > ? and sequence is not null and state = 'received'
       and kind in ('text', 'unknown') and shared_by is null and coalesce(sequence, 9007199254740991) < ?
     order by coalesce(sequence, 9007199254740991) desc limit 1`,
  ).get(conversation, author, floor, below);
  return row?.sequence ?? 0;
}

/**
 * Numbers of the log after `after`, up to `through`, of which there is nothing here that can be read: what the relay
 * left out, what did not open. The newest, at most `limit`.
 */
export function unreadableBetween(
  db: Database,
  conversation: number,
  floor: number,
  { after, through }: { readonly after: number; readonly through: number },
  limit: number,
): number[] {
  if (through <= after) return [];
  return statement<number[], { sequence: number }>(
    db,
    `with recursive numbers (sequence) as (
       select ? union all select sequence - 1 from numbers where sequence > ?)
     select sequence from numbers where not exists (
       select 1 from messages
       where conversation = ? and coalesce(messages.sequence, 9007199254740991) = numbers.sequence
         and position > ? and kind <> 'unreadable' and shared_by is null)
     limit ?`,
  )
    .all(through, after + 1, conversation, floor, limit)
    .map(({ sequence }) => sequence);
}

export interface OwnMessage {
  readonly sequence: number;
  readonly target: { readonly messageId: MessageId; readonly deviceId: DeviceId };
}

/** The newest message of this account that a member has, or has read. */
export function newestAcknowledged(
  db: Database,
  state: "delivered" | "read",
  where: {
    readonly conversation: number;
    readonly own: AccountId;
    readonly member: AccountId;
    readonly floor: number;
  },
): OwnMessage | undefined {
  const through = state === "delivered" ? "delivered_through" : "read_through";
  const row = statement<
    [number, Uint8Array, number, Uint8Array],
    { sequence: number; message_id: Uint8Array; device_id: Uint8Array }
  >(
    db,
    `select sequence, message_id, device_id from messages
     where conversation = ? and account_id = ? and position > ? and kind = 'text' and state = 'sent'
       and exists (
         select 1 from receipts
         where receipts.conversation = messages.conversation and receipts.account_id = ?
           and receipts.${through} >= messages.sequence and not exists (
             select 1 from unreadable_receipts as unreadable
             where unreadable.conversation = receipts.conversation
               and unreadable.account_id = receipts.account_id and unreadable.device_id = receipts.device_id
               and unreadable.sequence = messages.sequence))
     order by coalesce(sequence, 9007199254740991) desc limit 1`,
  ).get(where.conversation, where.own, where.floor, where.member);
  if (row === undefined) return undefined;
  return {
    sequence: row.sequence,
    target: { messageId: messageId(row.message_id), deviceId: deviceId(row.device_id) },
  };
}

/** The number of the newest row that is here, or that the relay says it has stored for this device; 0 if there is none. */
export function newestSequence(db: Database, conversation: number, floor: number): number {
  const row = statement<[number, number], { sequence: number }>(
    db,
    `select sequence from messages
     where conversation = ? and position > ? and sequence is not null
     order by coalesce(sequence, 9007199254740991) desc limit 1`,
  ).get(conversation, floor);
  return row?.sequence ?? 0;
}

/** Numbers of this account's messages between two others. */
export function ownBetween(
  db: Database,
  conversation: number,
  own: AccountId,
  { after, before }: { readonly after: number; readonly before: number },
): number[] {
  return statement<[number, Uint8Array, number, number], { sequence: number }>(
    db,
    `select sequence from messages
     where conversation = ? and account_id = ? and coalesce(sequence, 9007199254740991) > ?
       and coalesce(sequence, 9007199254740991) < ?`,
  )
    .all(conversation, own, after, before)
    .map(({ sequence }) => sequence);
}

/** Whether this account has written something here. */
export function hasWritten(db: Database, conversation: number, own: AccountId): boolean {
  return (
    statement<[number, Uint8Array], unknown>(
      db,
      `select 1 from messages
       where conversation = ? and account_id = ? and kind = 'text' and state <> 'failed' limit 1`,
    ).get(conversation, own) !== undefined
  );
}

/** The position of what came last, whatever it is. */
export function newestPosition(db: Database, conversation: number): number {
  const row = statement<[number], { position: number | null }>(
    db,
    "select max(position) as position from messages where conversation = ?",
  ).get(conversation);
  return row?.position ?? 0;
}
