import { type Hash, hash, type LogHead } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** A log row that an envelope of this device makes, and the head that the relay promised with it. */
export interface OwnRow {
  /** Of its message. */
  readonly position: number;
  readonly promised: LogHead | undefined;
}

interface Row {
  position: number;
  sequence: number | null;
  log_hash: Uint8Array | null;
}

function fromRow({ position, sequence, log_hash: logHash }: Row): OwnRow {
  return {
    position,
    promised: sequence === null || logHash === null ? undefined : { sequence, hash: hash(logHash) },
  };
}

export function saveOwnRow(db: Database, rowHash: Hash, conversation: number, position: number): void {
  statement<[Uint8Array, number, number], never>(
    db,
    "insert or ignore into own_rows (row_hash, conversation, position) values (?, ?, ?)",
  ).run(rowHash, conversation, position);
}

export function savePromise(db: Database, rowHash: Hash, promised: LogHead): void {
  statement<[number, Uint8Array, Uint8Array], never>(
    db,
    "update own_rows set sequence = ?, log_hash = ? where row_hash = ?",
  ).run(promised.sequence, promised.hash, rowHash);
}

/** In the log that it was sealed for: in another one it is a row like any. */
export function findOwnRow(db: Database, rowHash: Uint8Array, conversation: number): OwnRow | undefined {
  const row = statement<[Uint8Array, number], Row>(
    db,
    "select position, sequence, log_hash from own_rows where row_hash = ? and conversation = ?",
  ).get(rowHash, conversation);
  return row && fromRow(row);
}

/** The own rows that the relay promised at this place of the log: more than one is a lie. */
export function readPromised(db: Database, conversation: number, sequence: number): OwnRow[] {
  return statement<[number, number], Row>(
    db,
    "select position, sequence, log_hash from own_rows where conversation = ? and sequence = ?",
  )
    .all(conversation, sequence)
    .map(fromRow);
}

/** The log in which the promises were made is lost. */
export function forgetPromises(db: Database, conversation: number): void {
  statement<[number], never>(
    db,
    "update own_rows set sequence = null, log_hash = null where conversation = ?",
  ).run(conversation);
}
