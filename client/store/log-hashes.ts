import { type Hash, hash, type LogHead } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

export function saveLogHash(db: Database, conversation: number, generation: number, head: LogHead): void {
  statement<[number, number, number, Uint8Array], never>(
    db,
    "insert into log_hashes values (?, ?, ?, ?)",
  ).run(conversation, generation, head.sequence, head.hash);
}

/** h_n of the given generation of a log; of all its generations when none is given, the newest first. */
export function readLogHashes(db: Database, conversation: number, sequence: number): Hash[] {
  return statement<[number, number], { hash: Uint8Array }>(
    db,
    "select hash from log_hashes where conversation = ? and sequence = ? order by generation desc",
  )
    .all(conversation, sequence)
    .map((row) => hash(row.hash));
}
