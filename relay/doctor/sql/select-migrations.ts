import type { Queries } from "../../db/pool.ts";

/** What was done to the schema; undefined: it has none. */
export async function selectMigrations(db: Queries): Promise<readonly string[] | undefined> {
  if (!(await has(db, "migrations"))) return undefined;
  const { rows } = await db.query<{ name: string }>("select name from migrations order by id");
  return rows.map(({ name }) => name);
}

/** The level of the oldest program that may run on it. */
export async function selectOldestLevel(db: Queries): Promise<number> {
  if (!(await has(db, "schema_support"))) return Number.POSITIVE_INFINITY;
  const { rows } = await db.query<{ oldest: number }>("select oldest from schema_support");
  return rows[0]?.oldest ?? Number.POSITIVE_INFINITY;
}

async function has(db: Queries, table: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>("select to_regclass($1) is not null as found", [table]);
  return rows[0]?.found === true;
}
