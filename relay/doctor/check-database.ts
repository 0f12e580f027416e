import { maskUrl } from "../config/mask.ts";
import type { RelayConfig } from "../config.ts";
import { Database } from "../db/pool.ts";
import { bad, type Check, type CheckName, failed, good, wordsFor } from "./check.ts";
import { checkRelays } from "./check-relays.ts";
import { checkRetention } from "./check-retention.ts";
import { checkSchema } from "./check-schema.ts";
import { checkClock, checkConnections, checkDurability, checkServer } from "./check-server.ts";
import { checkTables } from "./check-tables.ts";
import { type OpenedDatabase, openDatabase } from "./open-database.ts";
import { hasAccounts } from "./sql/has-accounts.ts";
import { type ServerRow, selectServer } from "./sql/select-server.ts";

/** By which it is told from a relay. */
const APPLICATION = "sotto-doctor";

/** Everything about the database. Returns whether it has accounts; undefined: nobody could look. */
export async function* checkDatabase(
  config: RelayConfig,
  now: () => number,
): AsyncGenerator<Check, boolean | undefined> {
  let opened: OpenedDatabase | undefined;
  try {
    opened = await openDatabase(config);
  } catch (error) {
    yield failed("database", error);
    return undefined;
  }
  if (opened === undefined) {
    yield good("database", "none yet: the first start makes the embedded PostgreSQL");
    return false;
  }
  const { connection, about, close } = opened;
  const database = new Database({ connection, size: 1, application: APPLICATION, onError: () => undefined });
  try {
    let server: ServerRow;
    try {
      server = await selectServer(database);
    } catch (error) {
      yield unreachable(config, error);
      return undefined;
    }
    yield checkServer(server, about);
    yield checkDurability(server);
    yield checkClock(server, now());
    const { check, isComplete } = await checkSchema(database);
    yield check;
    const looks: [CheckName, () => Promise<Check>][] = [
      ["connections", () => checkConnections(database, server, config)],
      ["relays", () => checkRelays(database, config)],
    ];
    // The rest asks tables, as this version knows them.
    if (isComplete) {
      looks.push([
        "retention",
        () => checkRetention(database, { retentionMs: config.retentionMs, now: now() }),
      ]);
      looks.push(["tables", () => checkTables(database)]);
    }
    for (const [name, look] of looks) {
      yield await look().catch((error: unknown) => failed(name, error));
    }
    return isComplete ? await hasAccounts(database).catch(() => undefined) : undefined;
  } finally {
    await database.close();
    await close();
  }
}

function unreachable({ database }: RelayConfig, error: unknown): Check {
  const place = database?.connectionString === undefined ? "it" : maskUrl(database.connectionString);
  const full = /too many (?:clients|connections)|remaining connection slots/.test(wordsFor(error));
  const hint = full
    ? "All connections are taken: raise max_connections, or the limit of role or database, or run fewer relays."
    : "Check --database-url, and that PostgreSQL is running and lets the relay in.";
  return bad("database", "database_unreachable", `${place} cannot be used: ${wordsFor(error)}`, hint);
}
