import type { Queries } from "../../db/pool.ts";

/** First halves of logins that nobody finished in time. Each of these returns how many rows went, at most `limit`. */
export function deleteLoginAttempts(db: Queries, now: number, limit: number): Promise<number> {
  return count(
    db,
    `delete from login_attempts
    where login_id in (
      select login_id
      from login_attempts
      where expires_at < $1::int8
      limit $2::int8
      for update skip locked
    )`,
    [now, limit],
  );
}

/** Families of tokens that ran out before. */
export function deleteTokenFamilies(db: Queries, before: number, limit: number): Promise<number> {
  return count(
    db,
    `delete from token_families
    where family_id in (
      select family_id
      from token_families
      where expires_at < $1::int8
      limit $2::int8
      for update skip locked
    )`,
    [before, limit],
  );
}

/** How far devices had read that will not read any more. */
export function deleteCursors(db: Queries, limit: number): Promise<number> {
  return count(
    db,
    `delete from cursors
    where (account_id, device_id, conversation_id) in (
      select cursors.account_id, cursors.device_id, cursors.conversation_id
      from devices
      join cursors using (account_id, device_id)
      where not devices.active
      limit $1::int8
    )`,
    [limit],
  );
}

/** Rows of direct conversations whose accounts were all deleted: nobody is left who could read them. */
export function deleteOrphanedRows(db: Queries, limit: number): Promise<number> {
  return count(
    db,
    `delete from log
    where (conversation_id, sequence) in (
      select log.conversation_id, log.sequence
      from accounts
      join conversation_members using (account_id)
      join log using (conversation_id)
      where accounts.deleted_at is not null
        and not exists (
          select
          from conversation_members as other
          join accounts as alive using (account_id)
          where other.conversation_id = conversation_members.conversation_id
            and alive.deleted_at is null
        )
        and not exists (
          select
          from memberships
          where memberships.conversation_id = conversation_members.conversation_id
        )
      limit $1::int8
    )`,
    [limit],
  );
}

async function count(db: Queries, statement: string, values: unknown[]): Promise<number> {
  const { rowCount } = await db.query(statement, values);
  return rowCount ?? 0;
}
