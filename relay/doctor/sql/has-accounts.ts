import type { Queries } from "../../db/pool.ts";

export async function hasAccounts(db: Queries): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>("select exists (select from accounts) as found");
  return rows[0]?.found === true;
}
