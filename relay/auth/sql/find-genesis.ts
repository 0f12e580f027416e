import type { Queries } from "../../db/pool.ts";

/** The genesis entry of the account that has this name. */
export async function findGenesis(queries: Queries, name: string): Promise<Buffer | undefined> {
  const { rows } = await queries.query<{ entry: Buffer }>(
    `select entry
    from accounts
    join account_entries using (account_id)
    where name = $1
    and sequence = 0`,
    [name],
  );
  return rows[0]?.entry;
}
