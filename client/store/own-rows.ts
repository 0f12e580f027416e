import { type Hash, hash, type LogHead } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** A log row that an envelope of this device makes. */
export interface OwnRow {
  /** Of its message. */
  readonly position: number;
  /** What the relay said when it took it: its number and the log hash there. */
  readonly promised: LogHead | undefined;
}

interface Row {
  position: number;
  sequence: number | null;
  log_hash: Uint8Array | null;
}

export function saveOwnRow(db: Database, rowHash: Hash, position: number): void {
  statement<[Uint8Array, number], never>(
    db,
    "insert or ignore into own_rows (row_hash, position) values (?, ?)",
  ).run(rowHash, position);
}

export function savePromise(db: Database, rowHash: Hash, promised: LogHead): void {
  statement<[number, Uint8Array, Uint8Array], never>(
    db,
    "update own_rows set sequence = ?, log_hash = ? where row_hash = ?",
  ).run(promised.sequence, promised.hash, rowHash);
}

export function findOwnRow(db: Database, rowHash: Uint8Array): OwnRow | undefined {
  const row = statement<[Uint8Array], Row>(
    db,
    "select position, sequence, log_hash from own_rows where row_hash = ?",
  ).get(rowHash);
  if (row === undefined) return undefined;
  const { position, sequence, log_hash: logHash } = row;
  return {
    position,
    promised: sequence === null || logHash === null ? undefined : { sequence, hash: hash(logHash) },
  };
}

/** The log in which the promises were made is lost. */
export function forgetPromises(db: Database, conversation: number): void {
  statement<[number], never>(
    db,
    `update own_rows set sequence = null, log_hash = null
     where position in (select position from messages where conversation = ?)`,
  ).run(conversation);
}
