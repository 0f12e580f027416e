// A log that the relay has put back: what was behind the cut is here and no longer there, and its numbers are given anew.
import {
  type DeviceId,
  deviceId,
  type Incarnation,
  type LogHead,
  type MessageId,
  messageId,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** From `head` on it is another incarnation. Returns its generation. */
export function continueLog(db: Database, conversation: number, made: Incarnation, head: LogHead): number {
  const row = statement<unknown[], { generation: number }>(
    db,
    `update conversations set generation = generation + 1, restored = 1, incarnation = ?, log_sequence = ?, log_hash = ?,
       opened_sequence = min(opened_sequence, ?), relay_head = 0, roster_version = null, roster_hash = null,
       roster_named = 0, absent = null
     where conversation = ? returning generation`,
  ).get(made, head.sequence, head.hash, head.sequence, conversation);
  return row?.generation ?? 0;
}

/** Nothing here speaks of a place behind the cut any more. What others sent there stands at the cut from now on. */
export function cutBehind(db: Database, conversation: number, cut: number, own: DeviceId): void {
  for (const sql of [
    "delete from staged_rows where conversation = ? and sequence > ?",
    "update own_rows set sequence = null, log_hash = null where conversation = ? and sequence > ?",
    "delete from unreadable_receipts where conversation = ? and sequence > ?",
    "delete from erased_rows where conversation = ? and sequence > ?",
  ]) {
    statement<[number, number], never>(db, sql).run(conversation, cut);
  }
  statement<[number, number, number, number], never>(
    db,
    `update receipts set delivered_through = min(delivered_through, ?), read_through = min(read_through, ?)
     where conversation = ? and delivered_through > ?`,
  ).run(cut, cut, conversation, cut);
  statement<[number, number, number, Uint8Array], never>(
    db,
    "update messages set sequence = ? where conversation = ? and sequence > ? and device_id <> ?",
  ).run(cut, conversation, cut, own);
  // Each counts on, but what was lost may come again or not at all.
  statement<[number], never>(db, "update senders set before_restore = 1 where conversation = ?").run(
    conversation,
  );
}

/** A message that came again has its new number. */
export function placeAgain(db: Database, device: DeviceId, id: MessageId, sequence: number): void {
  statement<[number, Uint8Array, Uint8Array], never>(
    db,
    "update messages set sequence = ? where device_id = ? and message_id = ? and sequence is not null",
  ).run(sequence, device, id);
}

/** Whether several messages stand there: one of them at most is the relay's row of that number. */
export function isCrowded(db: Database, conversation: number, sequence: number): boolean {
  return (
    statement<[number, number], unknown>(
      db,
      "select 1 from messages where conversation = ? and coalesce(sequence, 9007199254740991) = ? limit 1 offset 1",
    ).get(conversation, sequence) !== undefined
  );
}

export interface LostMessage {
  readonly position: number;
  readonly messageId: MessageId;
  readonly isSilent: boolean;
}

/** What this device had sent behind the cut, since then; in its order. */
export function readLost(
  db: Database,
  conversation: number,
  own: DeviceId,
  { cut, since }: { readonly cut: number; readonly since: number },
): LostMessage[] {
  return statement<
    [number, Uint8Array, number, number],
    { position: number; message_id: Uint8Array; kind: string }
  >(
    db,
    `select position, message_id, kind from messages
     where conversation = ? and device_id = ? and state = 'sent' and sequence > ? and sent_at >= ? and gone = 0
       and kind in ('text', 'silent')
     order by sequence`,
  )
    .all(conversation, own, cut, since)
    .map((row) => ({
      position: row.position,
      messageId: messageId(row.message_id),
      isSilent: row.kind === "silent",
    }));
}

/** As if the relay had never taken it. */
export function unsend(db: Database, position: number, body: Uint8Array | undefined): void {
  statement<[Uint8Array | null, number], never>(
    db,
    `update messages set state = 'queued', sequence = null, body = coalesce(?, body)
     where position = ? and state = 'sent'`,
  ).run(body ?? null, position);
}

/** What one of this device's messages did to another. */
export interface LostChange {
  readonly target: { readonly messageId: MessageId; readonly deviceId: DeviceId };
  readonly version: number;
}

export function findLostChange(db: Database, own: DeviceId, id: MessageId): LostChange | undefined {
  const row = statement<
    [Uint8Array, Uint8Array],
    { target_device: Uint8Array; target_message: Uint8Array; version: number }
  >(
    db,
    "select target_device, target_message, version from annotations where device_id = ? and message_id = ?",
  ).get(own, id);
  return (
    row && {
      target: { deviceId: deviceId(row.target_device), messageId: messageId(row.target_message) },
      version: row.version,
    }
  );
}

/**
 * The relay has a message that was sent before: again, or `mayBeNew`, for the first time and sealed anew since. False: it
 * cannot be. Its number comes with its row.
 */
export function resettle(db: Database, position: number, mayBeNew: boolean): boolean {
  return (
    statement<[number, number], never>(
      db,
      `update messages set state = 'sent'
       where position = ? and state = 'queued' and (arrival is not null or ?)`,
    ).run(position, Number(mayBeNew)).changes === 1
  );
}
