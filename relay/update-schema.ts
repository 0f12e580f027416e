import type { ClientConfig } from "pg";
import { migrate, type SchemaState } from "./db/migrate.ts";
import { StartupError } from "./startup-error.ts";

/** `given`: by whoever starts us; what is wrong with that one is not our fault. Throws StartupError. */
export async function updateSchema(connection: ClientConfig, given: ClientConfig | undefined): Promise<void> {
  let schema: SchemaState;
  try {
    schema = await migrate(connection);
  } catch (cause) {
    if (given === undefined) throw cause;
    throw new StartupError(
      "database_unreachable",
      `Cannot use the database at ${placeOf(given)}: ${wordsFor(cause)}.`,
      "Check --database-url, and that PostgreSQL is running and lets the relay in.",
      cause,
    );
  }
  switch (schema.state) {
    case "ready":
      return;
    case "newer":
      throw new StartupError(
        "database_newer",
        `The database was set up by a newer Sotto (it has ${schema.migration}).`,
        "Run that version or a newer one.",
      );
    case "served":
      throw new StartupError(
        "relay_running",
        `${schema.relays === 1 ? "A relay" : `${schema.relays} relays`} of another version serve${schema.relays === 1 ? "s" : ""} this database, and ${schema.migration} cannot be done beside ${schema.relays === 1 ? "it" : "them"}.`,
        "Stop every relay on this database, start one of this version, and when that is ready the others.",
      );
    case "held":
      throw new StartupError(
        "database_held",
        `Another program holds tables of the database: ${schema.migration} could not be done.`,
        "Look for a long transaction or a backup in pg_stat_activity, and start again when it is over.",
      );
  }
}

/** Host and database, without the password. */
function placeOf({ connectionString = "" }: ClientConfig): string {
  const { host, pathname } = URL.parse(connectionString) ?? {};
  return host ? `${host}${pathname}` : "that URL";
}

function wordsFor(error: unknown): string {
  if (error instanceof AggregateError) return wordsFor(error.errors[0]);
  if (error instanceof Error) return error.message.replace(/\.$/, "");
  return "unknown reason";
}
