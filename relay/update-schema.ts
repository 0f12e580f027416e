import type { ClientConfig } from "pg";
import { migrate } from "./db/migrate.ts";
import { StartupError } from "./startup-error.ts";

/** `given`: by whoever starts us; what is wrong with that one is not our fault. Throws StartupError. */
export async function updateSchema(connection: ClientConfig, given: ClientConfig | undefined): Promise<void> {
  let unknown: string[];
  try {
    ({ unknown } = await migrate(connection));
  } catch (cause) {
    if (given === undefined) throw cause;
    throw new StartupError(
      "database_unreachable",
      `Cannot use the database at ${placeOf(given)}: ${wordsFor(cause)}.`,
      "Check --database-url, and that PostgreSQL is running and lets the relay in.",
      cause,
    );
  }
  if (unknown.length > 0) {
    throw new StartupError(
      "database_newer",
      `The database was set up by a newer Sotto (it has ${unknown.at(-1)}).`,
      "Run that version or a newer one.",
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
