import { type Database, statement } from "./database.ts";

export interface KeyedMessage {
  readonly position: number;
  readonly contentHash: Uint8Array;
}

export function findKey(db: Database, conversation: number, key: string): KeyedMessage | undefined {
  const row = statement<[number, string], { position: number; content_hash: Uint8Array }>(
    db,
    "select position, content_hash from idempotency_keys where conversation = ? and key = ?",
  ).get(conversation, key);
  return row && { position: row.position, contentHash: new Uint8Array(row.content_hash) };
}

export function saveKey(
  db: Database,
  conversation: number,
  key: string,
  message: KeyedMessage,
  now: number,
): void {
  statement<unknown[], never>(db, "insert into idempotency_keys values (?, ?, ?, ?, ?)").run(
    conversation,
    key,
    message.position,
    message.contentHash,
    now,
  );
}

export function forgetKeys(db: Database, before: number): void {
  statement<[number], never>(db, "delete from idempotency_keys where created_at < ?").run(before);
}
