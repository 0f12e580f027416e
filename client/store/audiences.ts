import { type AccountId, accountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** More rosters than a conversation ever has. */
const APART = 2 ** 32;

/** The accounts that a roster of this version has, without this one. */
export function saveAudience(
  db: Database,
  conversation: number,
  rosterVersion: number,
  accounts: readonly AccountId[],
): void {
  const insert = statement<[number, number, Uint8Array], never>(
    db,
    "insert or ignore into audiences (conversation, roster_version, account_id) values (?, ?, ?)",
  );
  for (const account of accounts) insert.run(conversation, rosterVersion, account);
}

/** Whether it is known whose devices a roster of this version has. */
export function hasAudience(db: Database, conversation: number, rosterVersion: number): boolean {
  return (
    statement<[number, number], unknown>(
      db,
      "select 1 from audiences where conversation = ? and roster_version = ? limit 1",
    ).get(conversation, rosterVersion) !== undefined
  );
}

/** Which roster a message was sealed for. */
export function noteRosterOf(db: Database, position: number, rosterVersion: number): void {
  statement<[number, number], never>(db, "update messages set roster_version = ? where position = ?").run(
    rosterVersion,
    position,
  );
}

/** Whom a message was sealed for; empty while that is not known. */
export function audienceOf(db: Database, position: number): AccountId[] {
  return statement<[number], { account_id: Uint8Array }>(
    db,
    `select audiences.account_id from messages join audiences
       on audiences.conversation = messages.conversation and audiences.roster_version = messages.roster_version
     where messages.position = ? order by audiences.account_id`,
  )
    .all(position)
    .map((row) => accountId(row.account_id));
}

/** Whether anything was ever sealed for this account here. */
export function wasInAudience(db: Database, conversation: number, account: AccountId): boolean {
  return (
    statement<[number, Uint8Array], unknown>(
      db,
      "select 1 from audiences where conversation = ? and account_id = ? limit 1",
    ).get(conversation, account) !== undefined
  );
}

/** A relay that was put back counts rosters from an older one on: those that are known keep numbers that it will not give. */
export function setAudiencesApart(db: Database, conversation: number): void {
  for (const table of ["audiences", "messages"]) {
    statement<[number, number], never>(
      db,
      `update ${table} set roster_version = roster_version - ? where conversation = ? and roster_version is not null`,
    ).run(APART, conversation);
  }
}
