import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PG_MIGRATE_LOCK_ID, runner } from "node-pg-migrate";
import pg from "pg";
import { EVENTS_APPLICATION } from "./carry-events.ts";
import { type MigrationFile, migrationsFolder, readMigrations } from "./migration-files.ts";
import { RELAY_APPLICATION } from "./pool.ts";

/** Whether this program can run on the database now; if not, why, and the migration on account of which. */
export type SchemaState =
  | { readonly state: "ready" }
  /** A newer program has been there, and has taken away what this one needs. */
  | { readonly state: "newer"; readonly migration: string }
  /** Relays run on it, and the migration is not for that. */
  | { readonly state: "served"; readonly migration: string; readonly relays: number }
  /** Something holds a table for longer than anybody should. */
  | { readonly state: "held"; readonly migration: string };

interface MigrateOptions {
  readonly folder?: string;
  /** How often a migration is tried that does not get a lock. */
  readonly attempts?: number;
}

const TABLE = "migrations";
const ASK_LOCK_MS = 200;
/** Behind a migration that waits for a table all others who want the table wait, too: it gives way and tries again. */
const LOCK_TIMEOUT_MS = 1_000;
/** For what nobody waits behind. */
const LONG_LOCK_TIMEOUT_MS = 300_000;
const ATTEMPTS = 30;
const RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;
/** lock_not_available, deadlock_detected */
const givenUp = new Set(["55P03", "40P01"]);

/**
 * Brings the schema up to date; of several programs that do so at once one works and the others wait. All that is missing
 * is looked at first: either everything can be done now or nothing is.
 */
export async function migrate(
  connection: pg.ClientConfig,
  { folder = migrationsFolder(), attempts = ATTEMPTS }: MigrateOptions = {},
): Promise<SchemaState> {
  const files = await readMigrations(folder);
  // A connection of its own, without the pool's time limits: a migration may take long, and so may waiting for it.
  const client = new pg.Client({ ...connection, application_name: "sotto-migrate" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await lock(client);
    const done = await namesOfDone(client);
    const missing = files.filter(({ name }) => !done.includes(name));
    const refusal = await refusalOf(client, files, done, missing);
    if (refusal !== undefined) return refusal;
    for (const file of missing) {
      if (!(await run(client, folder, file, attempts))) return { state: "held", migration: file.name };
    }
    return { state: "ready" };
  } finally {
    await client.end(); // and with it the lock
  }
}

/** Asks again and again: one who waits in a statement is waited for by indexes that are made outside a transaction. */
async function lock(client: pg.Client): Promise<void> {
  for (;;) {
    // What node-pg-migrate itself takes; so do older versions of this program.
    const { rows } = await client.query<{ is_ours: boolean }>(
      "select pg_try_advisory_lock($1::int8) as is_ours",
      [PG_MIGRATE_LOCK_ID],
    );
    if (rows[0]?.is_ours) return;
    await pause(ASK_LOCK_MS);
  }
}

async function namesOfDone(client: pg.Client): Promise<string[]> {
  if (!(await hasTable(client, TABLE))) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${TABLE} order by id`);
  return rows.map(({ name }) => name);
}

async function refusalOf(
  client: pg.Client,
  files: readonly MigrationFile[],
  done: readonly string[],
  missing: readonly MigrationFile[],
): Promise<SchemaState | undefined> {
  const newer = done.filter((name) => files.every((file) => file.name !== name)).at(-1);
  if (newer !== undefined) {
    const level = files.at(-1)?.level ?? 0;
    const isAllowed = missing.length === 0 && level >= (await oldestLevel(client));
    return isAllowed ? { state: "ready" } : { state: "newer", migration: newer };
  }
  const offline = missing.find((file) => !file.isOnline);
  if (offline === undefined) return undefined;
  const relays = await countServing(client);
  return relays === 0 ? undefined : { state: "served", migration: offline.name, relays };
}

/** Of the programs that may still run on the schema. */
async function oldestLevel(client: pg.Client): Promise<number> {
  if (!(await hasTable(client, "schema_support"))) return Number.POSITIVE_INFINITY;
  const { rows } = await client.query<{ oldest: number }>("select oldest from schema_support");
  return rows[0]?.oldest ?? Number.POSITIVE_INFINITY;
}

/** Relays on this database, those that are just starting or ending included. */
async function countServing(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ any: number; listening: number }>(
    `select count(*)::int4 as any, (count(*) filter (where application_name = $1::text))::int4 as listening
    from pg_stat_activity
    where datname = current_database()
      and application_name in ($1::text, $2::text)`,
    [EVENTS_APPLICATION, RELAY_APPLICATION],
  );
  const [{ any, listening } = { any: 0, listening: 0 }] = rows;
  return any === 0 ? 0 : Math.max(listening, 1);
}

/** False: it did not get its locks in so many attempts. */
async function run(
  client: pg.Client,
  folder: string,
  file: MigrationFile,
  attempts: number,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await attemptTo(client, folder, file);
      return true;
    } catch (error) {
      if (file.inTransaction) await client.query("rollback");
      if (!(error instanceof pg.DatabaseError && givenUp.has(error.code ?? ""))) throw error;
      if (attempt >= attempts) return false;
      await pause(Math.min(RETRY_MS * attempt, LAST_RETRY_MS) * (0.5 + Math.random()));
    }
  }
}

async function attemptTo(client: pg.Client, folder: string, file: MigrationFile): Promise<void> {
  await client.query(`set lock_timeout = ${file.inTransaction ? LOCK_TIMEOUT_MS : LONG_LOCK_TIMEOUT_MS}`);
  await dropInvalid(client, file.indexes);
  const actions = {
    up: (pgm: { sql: (statement: string) => void; noTransaction: () => void }) => {
      if (!file.inTransaction) pgm.noTransaction();
      for (const statement of file.statements) pgm.sql(statement);
    },
  };
  await runner({
    dbClient: client,
    dir: folder,
    direction: "up",
    file: file.name,
    migrationsTable: TABLE,
    noLock: true, // we have it
    checkOrder: false,
    log: () => undefined,
    migrationLoaderStrategies: [
      {
        extensions: [".sql"],
        loader: async (paths) =>
          paths.map((path) => ({
            id: path,
            filePaths: [path],
            actions: basename(path, ".sql") === file.name ? actions : {},
          })),
      },
    ],
  });
}

/** What an attempt that was broken off has left of these indexes. */
async function dropInvalid(client: pg.Client, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(relname) as name
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    where not indisvalid
      and relname = any($1::text[])
      and pg_table_is_visible(pg_class.oid)`,
    [names],
  );
  for (const { name } of rows) await client.query(`drop index concurrently if exists ${name}`);
}

async function hasTable(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>("select to_regclass($1) is not null as found", [
    name,
  ]);
  return rows[0]?.found === true;
}
