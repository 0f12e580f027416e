import { type AccountId, accountId, type DeviceId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** How far somebody has a conversation. */
export interface Progress {
  readonly delivered: number;
  readonly read: number;
}

/** What a device of somebody has told; both are 0 before it told anything. */
export function readReceipt(
  db: Database,
  conversation: number,
  account: AccountId,
  device: DeviceId,
): Progress {
  return readProgress(db, conversation, account, device);
}

/** What this device has told an author: in the rows of its own account, the author stands in the device's place. */
export function readTold(db: Database, conversation: number, own: AccountId, author: AccountId): Progress {
  return readProgress(db, conversation, own, author);
}

function readProgress(db: Database, conversation: number, account: Uint8Array, device: Uint8Array): Progress {
  const row = statement<[number, Uint8Array, Uint8Array], Progress>(
    db,
    `select delivered_through as delivered, read_through as read from receipts
     where conversation = ? and account_id = ? and device_id = ?`,
  ).get(conversation, account, device);
  return row ?? { delivered: 0, read: 0 };
}

/** Never goes back. */
export function raiseReceipt(
  db: Database,
  conversation: number,
  account: AccountId,
  device: DeviceId,
  to: Progress,
): void {
  raise(db, conversation, account, device, to);
}

export function raiseTold(
  db: Database,
  conversation: number,
  own: AccountId,
  author: AccountId,
  to: Progress,
): void {
  raise(db, conversation, own, author, to);
}

function raise(
  db: Database,
  conversation: number,
  account: Uint8Array,
  device: Uint8Array,
  { delivered, read }: Progress,
): void {
  statement<[number, Uint8Array, Uint8Array, number, number], never>(
    db,
    `insert into receipts (conversation, account_id, device_id, delivered_through, read_through)
     values (?, ?, ?, ?, ?)
     on conflict do update set delivered_through = max(delivered_through, excluded.delivered_through),
       read_through = max(read_through, excluded.read_through)`,
  ).run(conversation, account, device, delivered, read);
}

/** Numbers of the log that a device has, and cannot read. */
export function addUnreadable(
  db: Database,
  conversation: number,
  account: AccountId,
  device: DeviceId,
  sequences: readonly number[],
): void {
  const insert = statement<[number, Uint8Array, Uint8Array, number], never>(
    db,
    "insert or ignore into unreadable_receipts (conversation, account_id, device_id, sequence) values (?, ?, ?, ?)",
  );
  for (const sequence of sequences) insert.run(conversation, account, device, sequence);
}

export interface Acknowledgement {
  readonly accountId: AccountId;
  readonly isRead: boolean;
}

/** The accounts of which a device has this row of the log and could read it; not this account. */
export function acknowledgementsOf(
  db: Database,
  conversation: number,
  sequence: number,
  own: AccountId,
): Acknowledgement[] {
  return statement<[number, number, Uint8Array, number, number], { account_id: Uint8Array; is_read: number }>(
    db,
    `select account_id, max(read_through >= ?) as is_read from receipts
     where conversation = ? and account_id <> ? and delivered_through >= ? and not exists (
       select 1 from unreadable_receipts as unreadable
       where unreadable.conversation = receipts.conversation and unreadable.account_id = receipts.account_id
         and unreadable.device_id = receipts.device_id and unreadable.sequence = ?)
     group by account_id`,
  )
    .all(sequence, conversation, own, sequence, sequence)
    .map((row) => ({ accountId: accountId(row.account_id), isRead: row.is_read === 1 }));
}

/** Of a log that is lost, nothing holds any more. */
export function deleteReceipts(db: Database, conversation: number): void {
  statement<[number], never>(db, "delete from unreadable_receipts where conversation = ?").run(conversation);
  statement<[number], never>(db, "delete from receipts where conversation = ?").run(conversation);
}
