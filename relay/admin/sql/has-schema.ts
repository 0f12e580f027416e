import type { Queries } from "../../db/pool.ts";

/** Whether a relay has ever used this database. */
export async function hasSchema(db: Queries): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    "select to_regclass('migrations') is not null as found",
  );
  return rows[0]?.found === true;
}
