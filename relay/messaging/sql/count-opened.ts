import type { Queries } from "../../db/pool.ts";

/** How many conversations an account has opened. */
export async function countOpened(db: Queries, accountId: Uint8Array): Promise<number> {
  const { rows } = await db.query<{ opened: number }>(
    `select count(*)::int4 as opened
    from conversations
    where opened_by = $1::bytea`,
    [accountId],
  );
  return rows[0]?.opened ?? 0;
}
