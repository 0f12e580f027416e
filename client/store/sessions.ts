import {
  type AccountId,
  asSecret,
  type DeviceAddress,
  decodeSession,
  deviceId,
  encodeSession,
  equal,
  type FindSkipped,
  type Hash,
  hash,
  MAX_ARCHIVED,
  type SessionState,
  type SkippedChange,
} from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** The session to send with; undefined: one has to be set up. */
export function readSendingSession(db: Database, peer: DeviceAddress): SessionState | undefined {
  const row = statement<[Uint8Array, Uint8Array], { state: Uint8Array }>(
    db,
    `select state from sessions
     where account_id = ? and device_id = ? and session_id not in (select session_id from retired_sessions)
     order by place desc limit 1`,
  ).get(peer.accountId, peer.deviceId);
  return row && decodeSession(new Uint8Array(row.state));
}

/** Nothing is sealed with any of the sessions there are: a later state of this profile may have done so. */
export function retireSessions(db: Database): void {
  statement<[], never>(db, "insert or ignore into retired_sessions select session_id from sessions").run();
}

/** The devices of an account with which there are sessions. */
export function readDevicesWithSession(db: Database, account: AccountId): DeviceAddress[] {
  return statement<[Uint8Array], { device_id: Uint8Array }>(
    db,
    "select distinct device_id from sessions where account_id = ?",
  )
    .all(account)
    .map((row) => ({ accountId: account, deviceId: deviceId(row.device_id) }));
}

/** How many devices there are sessions with. */
export function countDevicesWithSession(db: Database): number {
  const row = statement<[], { devices: number }>(
    db,
    "select count(*) as devices from (select distinct account_id, device_id from sessions)",
  ).get();
  return row?.devices ?? 0;
}

/** All sessions with one device, the one to send with first. */
export function readSessionIds(db: Database, peer: DeviceAddress): { id: Hash }[] {
  return statement<[Uint8Array, Uint8Array], { session_id: Uint8Array }>(
    db,
    "select session_id from sessions where account_id = ? and device_id = ? order by place desc",
  )
    .all(peer.accountId, peer.deviceId)
    .map((row) => ({ id: hash(row.session_id) }));
}

export function readSession(db: Database, id: Hash): SessionState | undefined {
  const row = statement<[Uint8Array], { state: Uint8Array }>(
    db,
    "select state from sessions where session_id = ?",
  ).get(id);
  return row && decodeSession(new Uint8Array(row.state));
}

/** Replaces a session in its place. */
export function updateSession(db: Database, session: SessionState): void {
  statement<[Uint8Array, Uint8Array], never>(db, "update sessions set state = ? where session_id = ?").run(
    encodeSession(session),
    session.id,
  );
}

/** A session that has opened something before the log has come that far: last in line until it has. */
export function addSessionLast(db: Database, session: SessionState): void {
  insertSession(db, session, placesOf(db, session.peer).last - 1);
}

/** Makes a session the one to send with, if it is still there. */
export function promoteSession(db: Database, id: Hash): void {
  const session = readSession(db, id);
  if (session === undefined) return;
  const first = readSessionIds(db, session.peer)[0];
  if (first === undefined || !equal(first.id, id)) putSessionFirst(db, session);
}

/** Stores a session as the one to send with and gives up those beyond the limit of SPEC §5.5. */
export function putSessionFirst(db: Database, session: SessionState): void {
  const { accountId, deviceId } = session.peer;
  insertSession(db, session, placesOf(db, session.peer).first + 1);
  statement<[Uint8Array, Uint8Array, number], never>(
    db,
    `delete from sessions where session_id in (
       select session_id from sessions where account_id = ? and device_id = ?
       order by place desc limit -1 offset ?)`,
  ).run(accountId, deviceId, MAX_ARCHIVED + 1);
}

function placesOf(db: Database, peer: DeviceAddress): { first: number; last: number } {
  const row = statement<[Uint8Array, Uint8Array], { first: number; last: number }>(
    db,
    `select coalesce(max(place), 0) as first, coalesce(min(place), 0) as last from sessions
     where account_id = ? and device_id = ?`,
  ).get(peer.accountId, peer.deviceId);
  return row ?? { first: 0, last: 0 };
}

function insertSession(db: Database, session: SessionState, place: number): void {
  statement<unknown[], never>(
    db,
    `insert into sessions values (?, ?, ?, ?, ?)
     on conflict do update set place = excluded.place, state = excluded.state`,
  ).run(session.id, session.peer.accountId, session.peer.deviceId, place, encodeSession(session));
}

export function findSkippedIn(db: Database, session: Hash): FindSkipped {
  return (chain, n) => {
    const row = statement<[Uint8Array, number, number], { key: Uint8Array }>(
      db,
      "select key from skipped_keys where session_id = ? and chain = ? and n = ?",
    ).get(session, chain, n);
    return row === undefined ? null : asSecret(new Uint8Array(row.key));
  };
}

export function applySkipped(db: Database, session: Hash, change: SkippedChange): void {
  const { used, dropOldest, added } = change;
  if (used !== null) {
    statement<[Uint8Array, number, number], never>(
      db,
      "delete from skipped_keys where session_id = ? and chain = ? and n = ?",
    ).run(session, used.chain, used.n);
  }
  if (dropOldest > 0) {
    statement<[Uint8Array, Uint8Array, number], never>(
      db,
      `delete from skipped_keys where session_id = ? and (chain, n) in (
         select chain, n from skipped_keys where session_id = ? order by chain, n limit ?)`,
    ).run(session, session, dropOldest);
  }
  const insert = statement<[Uint8Array, number, number, Uint8Array], never>(
    db,
    "insert into skipped_keys values (?, ?, ?, ?)",
  );
  for (const { chain, n, key } of added) insert.run(session, chain, n, key);
}

/** False: it was seen before. */
export function rememberSession(db: Database, id: Hash, now: number): boolean {
  return (
    statement<[Uint8Array, number], never>(db, "insert or ignore into seen_sessions values (?, ?)").run(
      id,
      now,
    ).changes === 1
  );
}

export function wasSessionSeen(db: Database, id: Hash): boolean {
  return (
    statement<[Uint8Array], unknown>(db, "select 1 from seen_sessions where session_id = ?").get(id) !==
    undefined
  );
}

/** Those of before then, unless a last-resort key is still kept that could open their set-up again (SPEC §4.4). */
export function forgetSeenSessions(db: Database, before: number): void {
  statement<[number], never>(
    db,
    `delete from seen_sessions where seen_at < ? and not exists (
       select 1 from prekeys where kind = 'last_resort' and created_at <= seen_at)`,
  ).run(before);
}
