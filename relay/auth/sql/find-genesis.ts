import type { Queries } from "../../db/pool.ts";

/** The genesis entry of the account. */
export async function findGenesis(queries: Queries, accountId: Uint8Array): Promise<Buffer | undefined> {
  const { rows } = await queries.query<{ entry: Buffer }>(
    `select entry
    from account_entries
    where account_id = $1
    and sequence = 0`,
    [accountId],
  );
  return rows[0]?.entry;
}
