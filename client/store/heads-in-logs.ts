import { type AccountId, accountId, type ChainPin, type Hash, hash } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

interface LogPlace {
  readonly conversation: number;
  readonly generation: number;
  readonly accountId: AccountId;
}

interface Head {
  readonly sequence: number;
  readonly hash: Hash;
}

/** Rows come in the order of the log: the first that names a head counts. */
export function noteHeadInLog(db: Database, at: LogPlace, head: Head, row: number): void {
  statement<unknown[], never>(db, "insert or ignore into heads_in_logs values (?, ?, ?, ?, ?, ?)").run(
    at.conversation,
    at.generation,
    at.accountId,
    head.sequence,
    head.hash,
    row,
  );
}

/** The first row that names this head or a newer one, if `isOf` takes that for one of the chain; undefined: none has so far. */
export function rowNamingHead(
  db: Database,
  at: LogPlace,
  headSequence: number,
  isOf: (head: Head) => boolean,
): number | undefined {
  const named = statement<unknown[], { head_sequence: number; head_hash: Uint8Array; row: number }>(
    db,
    `select head_sequence, head_hash, row from heads_in_logs
     where conversation = ? and generation = ? and account_id = ? and head_sequence >= ?
     order by row`,
  ).all(at.conversation, at.generation, at.accountId, headSequence);
  return named.find((each) => isOf({ sequence: each.head_sequence, hash: hash(each.head_hash) }))?.row;
}

/** What was heard before a log began anew, or went on from an earlier place, was heard before all that comes. */
export function keepHeads(db: Database, conversation: number, generation: number, start: number): void {
  statement<unknown[], never>(
    db,
    `insert or ignore into heads_in_logs
     select conversation, ?, account_id, head_sequence, head_hash, min(row, ?) from heads_in_logs
     where conversation = ? and generation = ?`,
  ).run(generation, start, conversation, generation - 1);
}

/** The heads that a row of this device names. */
export function saveOwnHeads(db: Database, rowHash: Hash, heads: readonly ChainPin[]): void {
  for (const { accountId: account, sequence, hash: head } of heads) {
    statement<unknown[], never>(db, "insert or ignore into heads_in_own_rows values (?, ?, ?, ?)").run(
      rowHash,
      account,
      sequence,
      head,
    );
  }
}

/** Once: they have their place in a log then. */
export function takeOwnHeads(db: Database, rowHash: Uint8Array): ChainPin[] {
  return statement<[Uint8Array], { account_id: Uint8Array; head_sequence: number; head_hash: Uint8Array }>(
    db,
    "delete from heads_in_own_rows where row_hash = ? returning account_id, head_sequence, head_hash",
  )
    .all(rowHash)
    .map((row) => ({
      accountId: accountId(row.account_id),
      sequence: row.head_sequence,
      hash: hash(row.head_hash),
    }));
}
