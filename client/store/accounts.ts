import { type AccountId, accountId, type ChainHead, hash } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** An account whose chain was verified once; its entries lie beside it. */
export interface KnownAccount {
  readonly accountId: AccountId;
  readonly name: string;
  /** The pinned head. */
  readonly head: ChainHead;
  /** The newest head that a message spoke of: the pinned one has to get there. */
  readonly named: ChainHead | undefined;
}

interface Row {
  account_id: Uint8Array;
  name: string;
  head_sequence: number;
  head_hash: Uint8Array;
  named_sequence: number;
  named_hash: Uint8Array | null;
}

function fromRow(row: Row): KnownAccount {
  return {
    accountId: accountId(row.account_id),
    name: row.name,
    head: { sequence: row.head_sequence, hash: hash(row.head_hash) },
    named: row.named_hash === null ? undefined : { sequence: row.named_sequence, hash: hash(row.named_hash) },
  };
}

export function readAccount(db: Database, account: AccountId): KnownAccount | undefined {
  const row = statement<[Uint8Array], Row>(db, "select * from accounts where account_id = ?").get(account);
  return row && fromRow(row);
}

/** Accounts of whose chain a message knew more than this profile does. */
export function accountsBehind(db: Database): KnownAccount[] {
  return statement<[], Row>(db, "select * from accounts where named_sequence > head_sequence")
    .all()
    .map(fromRow);
}

export function isAnyAccountBehind(db: Database): boolean {
  const sql = "select 1 from accounts where named_sequence > head_sequence limit 1";
  return statement<[], unknown>(db, sql).get() !== undefined;
}

/** From genesis on. */
export function readAccountEntries(db: Database, account: AccountId): Uint8Array[] {
  return statement<[Uint8Array], { entry: Uint8Array }>(
    db,
    "select entry from account_entries where account_id = ? order by sequence",
  )
    .all(account)
    .map(({ entry }) => new Uint8Array(entry));
}

/** Adds verified entries behind those held and moves the pin; the first ones make the account. */
export function saveAccountEntries(
  db: Database,
  account: Omit<KnownAccount, "named">,
  held: number,
  entries: readonly Uint8Array[],
): void {
  statement<[Uint8Array, string, number, Uint8Array], never>(
    db,
    `insert into accounts (account_id, name, head_sequence, head_hash) values (?, ?, ?, ?)
     on conflict do update set head_sequence = excluded.head_sequence, head_hash = excluded.head_hash`,
  ).run(account.accountId, account.name, account.head.sequence, account.head.hash);
  const insert = statement<[Uint8Array, number, Uint8Array], never>(
    db,
    "insert into account_entries values (?, ?, ?)",
  );
  for (const [index, entry] of entries.entries()) insert.run(account.accountId, held + index, entry);
}

export function nameHead(db: Database, account: AccountId, head: ChainHead): void {
  statement<[number, Uint8Array, Uint8Array, number], never>(
    db,
    "update accounts set named_sequence = ?, named_hash = ? where account_id = ? and named_sequence < ?",
  ).run(head.sequence, head.hash, account, head.sequence);
}

/** The relay could not show what a message spoke of; said once, not again for the same head. */
export function forgetNamedHead(db: Database, account: AccountId): void {
  statement<[Uint8Array], never>(
    db,
    "update accounts set named_sequence = head_sequence, named_hash = null where account_id = ?",
  ).run(account);
}

/** Of everybody who was met. */
export function readPinnedNames(db: Database): string[] {
  return statement<[], { name: string }>(db, "select name from pinned_names")
    .all()
    .map(({ name }) => name);
}

export function readPinnedName(db: Database, name: string): AccountId | undefined {
  const row = statement<[string], { account_id: Uint8Array }>(
    db,
    "select account_id from pinned_names where name = ?",
  ).get(name);
  return row && accountId(row.account_id);
}

/** Pins the name if it is free; returns the account it stands for. */
export function pinName(db: Database, name: string, account: AccountId): AccountId {
  statement<[string, Uint8Array], never>(db, "insert or ignore into pinned_names values (?, ?)").run(
    name,
    account,
  );
  return readPinnedName(db, name) ?? account;
}

/** From now on the name stands for another account, and the one that had it is called something else here. */
export function repinName(db: Database, name: string, account: AccountId, formerly: string): void {
  statement<[string, string], never>(
    db,
    "update accounts set name = ? where account_id = (select account_id from pinned_names where name = ?)",
  ).run(formerly, name);
  statement<[Uint8Array, string], never>(db, "update pinned_names set account_id = ? where name = ?").run(
    account,
    name,
  );
}
