import { type AccountId, accountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** What this account thinks of another: only who is accepted hears anything of it unasked. */
export type ContactStanding = "stranger" | "accepted" | "blocked";

export interface StoredContact {
  readonly accountId: AccountId;
  readonly standing: ContactStanding;
  /** Counts up with each word on his standing, over all devices of this account. */
  readonly standingVersion: number;
  /** When somebody found the safety numbers equal, milliseconds since 1970. */
  readonly verifiedAt: number | undefined;
  readonly verifiedVersion: number;
}

interface Row {
  account_id: Uint8Array;
  standing: ContactStanding;
  standing_version: number;
  verified_at: number | null;
  verified_version: number;
}

function fromRow(row: Row): StoredContact {
  return {
    accountId: accountId(row.account_id),
    standing: row.standing,
    standingVersion: row.standing_version,
    verifiedAt: row.verified_at ?? undefined,
    verifiedVersion: row.verified_version,
  };
}

/** Of somebody about whom nothing was ever said too. */
export function readContact(db: Database, account: AccountId): StoredContact {
  const row = statement<[Uint8Array], Row>(db, "select * from contacts where account_id = ?").get(account);
  if (row !== undefined) return fromRow(row);
  return {
    accountId: account,
    standing: "stranger",
    standingVersion: 0,
    verifiedAt: undefined,
    verifiedVersion: 0,
  };
}

/** Those of whom something was said. */
export function readContacts(db: Database): StoredContact[] {
  return statement<[], Row>(db, "select * from contacts").all().map(fromRow);
}

export function saveContactStanding(
  db: Database,
  account: AccountId,
  standing: ContactStanding,
  version: number,
): void {
  statement<[Uint8Array, ContactStanding, number], never>(
    db,
    `insert into contacts (account_id, standing, standing_version) values (?, ?, ?)
     on conflict do update set standing = excluded.standing, standing_version = excluded.standing_version`,
  ).run(account, standing, version);
}

/** `at` undefined: the numbers are not known to be equal any more. */
export function saveContactVerified(
  db: Database,
  account: AccountId,
  at: number | undefined,
  version: number,
): void {
  statement<[Uint8Array, number | null, number], never>(
    db,
    `insert into contacts (account_id, verified_at, verified_version) values (?, ?, ?)
     on conflict do update set verified_at = excluded.verified_at, verified_version = excluded.verified_version`,
  ).run(account, at ?? null, version);
}

/** Those whose messages or invitations wait to be accepted. */
export function readRequesting(db: Database): AccountId[] {
  return statement<[], { account_id: Uint8Array }>(
    db,
    `select distinct case kind when 'dm' then peer_account else invited_by end as account_id
     from conversations where shelf = 'request'`,
  )
    .all()
    .map(({ account_id: account }) => accountId(account));
}

export function readBlocked(db: Database): AccountId[] {
  return statement<[], { account_id: Uint8Array }>(
    db,
    "select account_id from contacts where standing = 'blocked'",
  )
    .all()
    .map(({ account_id: account }) => accountId(account));
}
