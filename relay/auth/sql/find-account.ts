import type { Queries } from "../../db/pool.ts";

export interface FoundAccount {
  account_id: Buffer;
  opaque_record: string;
}

export async function findAccount(queries: Queries, name: string): Promise<FoundAccount | undefined> {
  const { rows } = await queries.query<FoundAccount>(
    `select account_id, opaque_record
    from accounts
    join credentials using (account_id)
    where name = $1`,
    [name],
  );
  return rows[0];
}
