import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import pg from "pg";

/** Beside this file in the sources, beside the bundle in `dist/`. */
function migrationsFolder(): string {
  return fileURLToPath(new URL("./migrations", import.meta.url));
}

/**
 * Brings the schema up to date; several relays may do so at once, one waits for the other.
 * Returns the names of migrations in the database that this program does not know: a newer one has been there.
 */
export async function migrate(connection: pg.ClientConfig): Promise<{ unknown: string[] }> {
  const folder = migrationsFolder();
  if (!existsSync(folder)) throw new Error(`no migrations in ${folder}`);
  // A connection of its own, without the pool's time limits: a migration may take long, and so may waiting for it.
  const client = new pg.Client({ ...connection, application_name: "sotto-migrate" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await runner({
      dbClient: client,
      dir: folder,
      direction: "up",
      migrationsTable: "migrations",
      advisoryLockMode: "wait",
      // A newer program's migrations are told to the caller, who can say it better.
      checkOrder: false,
      log: () => undefined,
    });
    const known = new Set((await readdir(folder)).map((name) => name.replace(/\.sql$/, "")));
    const { rows } = await client.query<{ name: string }>("select name from migrations order by id");
    return { unknown: rows.map(({ name }) => name).filter((name) => !known.has(name)) };
  } finally {
    await client.end();
  }
}
