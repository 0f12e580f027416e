import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** How many of the accounts exist and were not deleted; their chains do not move until commit. */
export async function lockAccounts(transaction: Queries, accountIds: readonly Uint8Array[]): Promise<number> {
  const { rows } = await transaction.query(
    `select account_id
    from accounts
    where account_id = any($1::bytea[])
      and deleted_at is null
    order by account_id
    for share`,
    [byteaArray(accountIds)],
  );
  return rows.length;
}
