import { type AccountId, accountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** When somebody came into a group, and who hands earlier messages on to him. */
export interface Join {
  readonly conversation: number;
  readonly accountId: AccountId;
  /** The number of its membership entry, and of its row in the log. */
  readonly entry: number;
  readonly sequence: number;
  /** Milliseconds since 1970, by the relay's clock, and when it was seen here by this one's. */
  readonly joinedAt: number;
  readonly seenAt: number;
}

interface Row {
  conversation: number;
  account_id: Uint8Array;
  entry: number;
  sequence: number;
  joined_at: number;
  seen_at: number;
}

function fromRow(row: Row): Join {
  return {
    conversation: row.conversation,
    accountId: accountId(row.account_id),
    entry: row.entry,
    sequence: row.sequence,
    joinedAt: row.joined_at,
    seenAt: row.seen_at,
  };
}

/** Takes the place of an earlier one of this account. */
export function saveJoin(db: Database, join: Join): void {
  statement<unknown[], never>(
    db,
    `insert or replace into joins (conversation, account_id, entry, sequence, joined_at, seen_at)
     values (?, ?, ?, ?, ?, ?)`,
  ).run(join.conversation, join.accountId, join.entry, join.sequence, join.joinedAt, join.seenAt);
}

export function readJoin(db: Database, conversation: number, account: AccountId): Join | undefined {
  const row = statement<[number, Uint8Array], Row>(
    db,
    "select * from joins where conversation = ? and account_id = ?",
  ).get(conversation, account);
  return row && fromRow(row);
}

/** Those since then for which nobody has offered to share, this device neither. */
export function openJoins(db: Database, since: number): Join[] {
  return statement<[number], Row>(
    db,
    "select * from joins where settled = 0 and claim is null and joined_at > ? order by seen_at",
  )
    .all(since)
    .map(fromRow);
}

export function setClaim(db: Database, { conversation, accountId: account }: Join, position: number): void {
  statement<[number, number, Uint8Array], never>(
    db,
    "update joins set claim = ? where conversation = ? and account_id = ?",
  ).run(position, conversation, account);
}

/** Somebody's offer to share stands in the log. */
export function settleJoin(db: Database, conversation: number, entry: number): void {
  statement<[number, number], never>(
    db,
    "update joins set settled = 1 where conversation = ? and entry = ?",
  ).run(conversation, entry);
}

/** The join for which this own message is an offer, unless somebody's was earlier. It is settled by that. */
export function settleOwn(db: Database, position: number): Join | undefined {
  const row = statement<[number], Row>(
    db,
    "update joins set settled = 1 where claim = ? and settled = 0 returning *",
  ).get(position);
  return row && fromRow(row);
}
