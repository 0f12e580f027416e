import { type AccountId, accountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** Another account has come under a pinned name. */
export function saveChangedKey(db: Database, name: string, account: AccountId, at: number): void {
  statement<[string, Uint8Array, number], never>(
    db,
    "insert or replace into changed_keys values (?, ?, ?)",
  ).run(name, account, at);
}

/** The account that came last under a name that is pinned to another. */
export function readChangedKey(db: Database, name: string): AccountId | undefined {
  const row = statement<[string], { account_id: Uint8Array }>(
    db,
    "select account_id from changed_keys where name = ?",
  ).get(name);
  return row && accountId(row.account_id);
}

export function deleteChangedKey(db: Database, name: string): void {
  statement<[string], never>(db, "delete from changed_keys where name = ?").run(name);
}
