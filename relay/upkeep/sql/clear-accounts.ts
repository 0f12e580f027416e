import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** Deleted accounts of which nothing was cleared away yet, or not all. */
export async function selectUncleared(db: Queries, limit: number): Promise<Buffer[]> {
  const { rows } = await db.query<{ account_id: Buffer }>(
    `select account_id
    from accounts
    where deleted_at is not null
      and not cleared
    order by account_id
    limit $1::int8`,
    [limit],
  );
  return rows.map(({ account_id }) => account_id);
}

/** Rows of these accounts' direct conversations in which nobody is left who could read them. Returns how many went. */
export async function deleteOrphanedRows(
  db: Queries,
  accountIds: readonly Uint8Array[],
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `delete from log
    where (conversation_id, sequence) in (
      select log.conversation_id, log.sequence
      from conversation_members
      join log using (conversation_id)
      where conversation_members.account_id = any($1::bytea[])
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
      limit ${limit}
    )`,
    [byteaArray(accountIds)],
  );
  return rowCount ?? 0;
}

export async function markCleared(db: Queries, accountIds: readonly Uint8Array[]): Promise<void> {
  await db.query(
    `update accounts
    set cleared = true
    where account_id = any($1::bytea[])`,
    [byteaArray(accountIds)],
  );
}
