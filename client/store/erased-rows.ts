// Rows of logs of which the relay had nothing left but the hash.
import type { DeviceAddress } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

interface ErasedRow {
  readonly conversation: number;
  readonly sequence: number;
  /** By its sender or an admin, says the relay; otherwise its time was over. */
  readonly isDeleted: boolean;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

export function addErased(db: Database, { conversation, sequence, isDeleted, seenAt }: ErasedRow): void {
  statement<number[], never>(db, "insert or replace into erased_rows values (?, ?, ?, ?)").run(
    conversation,
    sequence,
    isDeleted ? 1 : 0,
    seenAt,
  );
}

/** Whether it was there. */
export function removeErased(db: Database, conversation: number, sequence: number): boolean {
  return (
    statement<number[], never>(db, "delete from erased_rows where conversation = ? and sequence = ?").run(
      conversation,
      sequence,
    ).changes === 1
  );
}

export function countErased(
  db: Database,
  conversation: number,
  { after, before, isDeleted }: { after: number; before: number; isDeleted: boolean },
): number {
  const row = statement<number[], { count: number }>(
    db,
    `select count(*) as count from erased_rows
     where conversation = ? and sequence > ? and sequence < ? and is_deleted = ?`,
  ).get(conversation, after, before, isDeleted ? 1 : 0);
  return row?.count ?? 0;
}

/** Messages of a device that never came, and in whose places there is what their deletes say of them. */
export function countStandIns(
  db: Database,
  conversation: number,
  { accountId, deviceId }: DeviceAddress,
  { after, before }: { after: number; before: number },
): number {
  const row = statement<[number, Uint8Array, Uint8Array, number, number], { count: number }>(
    db,
    `select count(*) as count from messages
     where conversation = ? and account_id = ? and device_id = ? and sequence > ? and sequence < ?
       and state = 'received' and arrival is null and shared_by is null`,
  ).get(conversation, accountId, deviceId, after, before);
  return row?.count ?? 0;
}

/** Those that are called deleted and were seen before that time. */
export function erasedBefore(db: Database, time: number): Pick<ErasedRow, "conversation" | "sequence">[] {
  return statement<[number], Pick<ErasedRow, "conversation" | "sequence">>(
    db,
    "select conversation, sequence from erased_rows where is_deleted = 1 and seen_at < ?",
  ).all(time);
}

/** A new incarnation of the log begins. */
export function forgetErased(db: Database, conversation: number): void {
  statement<[number], never>(db, "delete from erased_rows where conversation = ?").run(conversation);
}
