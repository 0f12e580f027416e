// Messages that a member has handed on from before this account's time, and those that it can hand on itself.
import { type AccountId, accountId, toHex } from "../../keys/index.ts";
import { setCounter } from "./counters.ts";
import { type Database, statement } from "./database.ts";

/**
 * The message of the log takes the place of one that is here by a member's word, handed on or called deleted, under its
 * name: otherwise he could make up one beforehand, and the real one would count as a copy of it.
 */
export function dropShared(db: Database, id: Uint8Array, device: Uint8Array): void {
  const { changes } = statement<[Uint8Array, Uint8Array], never>(
    db,
    `delete from messages
     where message_id = ? and device_id = ? and state = 'received' and arrival is null`,
  ).run(id, device);
  if (changes === 0) return;
  // The text that it had before edits.
  statement<[Uint8Array, Uint8Array], never>(
    db,
    "delete from annotations where message_id = ? and device_id = ?",
  ).run(id, device);
}

export function countShared(db: Database, conversation: number): number {
  const row = statement<[number], { count: number }>(
    db,
    "select count(*) as count from messages where conversation = ? and shared_by is not null",
  ).get(conversation);
  return row?.count ?? 0;
}

/** Authors of shared messages of whom nothing is known here, but for those whom the relay did not know after `since`. */
export function unknownAuthors(db: Database, since: number, limit: number): AccountId[] {
  return statement<[number, number], { account_id: Uint8Array }>(
    db,
    `select distinct account_id from messages
     where shared_by is not null and account_id not in (select account_id from accounts)
       and not exists (
         select 1 from counters where name = 'nobody_' || lower(hex(messages.account_id)) and value > ?)
     limit ?`,
  )
    .all(since, limit)
    .map((row) => accountId(row.account_id));
}

/** The relay does not know him at that time. */
export function noteUnknownAuthor(db: Database, account: AccountId, at: number): void {
  setCounter(db, `nobody_${toHex(account)}`, at);
}

/**
 * Positions of the newest texts before a place of the log that can be handed on, oldest first: those that are shown and
 * do not disappear, and that are here by the log itself.
 */
export function shareableBefore(
  db: Database,
  conversation: number,
  sequence: number,
  limit: number,
): number[] {
  return statement<[number, number, number], { position: number }>(
    db,
    `select position from messages
     where conversation = ? and coalesce(sequence, 9007199254740991) < ? and kind = 'text'
       and state in ('sent', 'received') and text is not null and expires_at is null
       and shared_by is null
     order by coalesce(sequence, 9007199254740991) desc, position desc limit ?`,
  )
    .all(conversation, sequence, limit)
    .map(({ position }) => position)
    .reverse();
}
