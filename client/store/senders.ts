import { type EphemeralKey, ephemeralKey, type Hash, hash } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** How far one sending device has counted in one conversation. */
export interface SenderCount {
  readonly sequence: number;
  readonly content: Hash;
}

export interface StoredCount extends SenderCount {
  /** The relay was put back since: what follows may have been lost by that. */
  readonly isBeforeRestore: boolean;
}

export function readSenderCount(
  db: Database,
  conversation: number,
  account: Uint8Array,
  device: Uint8Array,
): StoredCount | undefined {
  const row = statement<
    [number, Uint8Array, Uint8Array],
    { sequence: number; content_hash: Uint8Array; before_restore: number }
  >(
    db,
    `select sequence, content_hash, before_restore from senders
     where conversation = ? and account_id = ? and device_id = ?`,
  ).get(conversation, account, device);
  return (
    row && {
      sequence: row.sequence,
      content: hash(row.content_hash),
      isBeforeRestore: row.before_restore === 1,
    }
  );
}

export function saveSenderCount(
  db: Database,
  conversation: number,
  account: Uint8Array,
  device: Uint8Array,
  count: SenderCount,
  key: EphemeralKey,
): void {
  statement<unknown[], never>(db, "insert or replace into senders values (?, ?, ?, ?, ?, ?, 0)").run(
    conversation,
    account,
    device,
    count.sequence,
    count.content,
    key,
  );
}

/** The newest that a device's messages have brought. */
export function readEphemeralKey(
  db: Database,
  conversation: number,
  account: Uint8Array,
  device: Uint8Array,
): EphemeralKey | undefined {
  const row = statement<[number, Uint8Array, Uint8Array], { ephemeral_key: Uint8Array }>(
    db,
    "select ephemeral_key from senders where conversation = ? and account_id = ? and device_id = ?",
  ).get(conversation, account, device);
  return row && ephemeralKey(row.ephemeral_key);
}
