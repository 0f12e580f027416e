import { type Hash, hash, type LogHead } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

export function saveLogHash(db: Database, conversation: number, generation: number, head: LogHead): void {
  statement<[number, number, number, Uint8Array], never>(
    db,
    "insert into log_hashes values (?, ?, ?, ?)",
  ).run(conversation, generation, head.sequence, head.hash);
}

/** h_n in one generation of a log, or in all its generations, the newest first. */
export function readLogHashes(
  db: Database,
  conversation: number,
  sequence: number,
  generation?: number,
): Hash[] {
  return statement<[number, number, number | null], { hash: Uint8Array }>(
    db,
    `select hash from log_hashes where conversation = ? and sequence = ? and generation = coalesce(?, generation)
     order by generation desc`,
  )
    .all(conversation, sequence, generation ?? null)
    .map((row) => hash(row.hash));
}

/** The number of the first h_n that is kept of this generation; 0 when there is none. */
export function firstLogHash(db: Database, conversation: number, generation: number): number {
  const row = statement<[number, number], { first: number | null }>(
    db,
    "select min(sequence) as first from log_hashes where conversation = ? and generation = ?",
  ).get(conversation, generation);
  return row?.first ?? 0;
}
