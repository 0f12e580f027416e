import type { Queries } from "../../db/pool.ts";

/** Of an account only its chain is left. Under the lock on it: it stays so. */
export async function isDeleted(transaction: Queries, accountId: Uint8Array): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select
    from accounts
    where account_id = $1::bytea
      and deleted_at is not null`,
    [accountId],
  );
  return rowCount === 1;
}
