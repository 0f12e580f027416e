import type { Queries } from "../../db/pool.ts";

export async function findSealedAccountKey(
  queries: Queries,
  accountId: Uint8Array,
): Promise<Buffer | undefined> {
  const { rows } = await queries.query<{ sealed_account_key: Buffer }>(
    "select sealed_account_key from credentials where account_id = $1",
    [accountId],
  );
  return rows[0]?.sealed_account_key;
}
