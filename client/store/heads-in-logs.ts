import type { AccountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

interface LogPlace {
  readonly conversation: number;
  readonly generation: number;
  readonly accountId: AccountId;
}

/** Rows come in the order of the log: a head that is no newer than one named before says nothing. */
export function noteHeadInLog(db: Database, at: LogPlace, headSequence: number, row: number): void {
  const known = rowNamingHead(db, at, headSequence);
  if (known !== undefined) return;
  statement<unknown[], never>(db, "insert into heads_in_logs values (?, ?, ?, ?, ?)").run(
    at.conversation,
    at.generation,
    at.accountId,
    headSequence,
    row,
  );
}

/** The first row that names this head or a newer one; undefined: none has so far. */
export function rowNamingHead(db: Database, at: LogPlace, headSequence: number): number | undefined {
  const found = statement<unknown[], { row: number | null }>(
    db,
    `select min(row) as row from heads_in_logs
     where conversation = ? and generation = ? and account_id = ? and head_sequence >= ?`,
  ).get(at.conversation, at.generation, at.accountId, headSequence);
  return found?.row ?? undefined;
}
