import type { Queries } from "../../db/pool.ts";

/**
 * The head of an account chain; nobody else appends to it, or opens a conversation of it, until commit. Rows that merely
 * refer to the account are written all the same: whoever holds a conversation that it opened would wait in a circle.
 */
export async function lockChainHead(
  transaction: Queries,
  accountId: Uint8Array,
): Promise<Buffer | undefined> {
  const { rows } = await transaction.query<{ head_hash: Buffer }>(
    `select head_hash
    from accounts
    where account_id = $1::bytea
    for no key update`,
    [accountId],
  );
  return rows[0]?.head_hash;
}
