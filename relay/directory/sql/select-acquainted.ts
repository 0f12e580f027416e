import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** Those of the accounts that share a conversation with `account` now, or are it. */
export async function selectAcquainted(
  db: Queries,
  account: Uint8Array,
  accountIds: readonly Uint8Array[],
): Promise<Buffer[]> {
  const { rows } = await db.query<{ account_id: Buffer }>(
    `select wanted.account_id
    from unnest($2::bytea[]) as wanted (account_id)
    where wanted.account_id = $1
      or exists (
        select 1
        from conversation_members as mine
        join conversation_members as theirs using (conversation_id)
        where mine.account_id = $1
        and mine.end_sequence is null
        and theirs.account_id = wanted.account_id
        and theirs.end_sequence is null
      )`,
    [account, byteaArray(accountIds)],
  );
  return rows.map(({ account_id }) => account_id);
}
