import { existsSync } from "node:fs";
import type { ClientConfig } from "pg";
import { lockFolder, prepareDataFolder } from "../data-folder.ts";
import { embeddedConnection, startEmbedded } from "../db/embedded.ts";
import { Database, isUnavailable } from "../db/pool.ts";
import type { Logger } from "../logger.ts";
import { StartupError } from "../startup-error.ts";
import { updateSchema } from "../update-schema.ts";
import { hasSchema } from "./sql/has-schema.ts";

export interface RelayPlace {
  readonly dataFolder: string;
  /** Absent: the embedded PostgreSQL. */
  readonly database: ClientConfig | undefined;
}

const CONNECTIONS = 2;
/** To count a large log takes a while, and an operator waits. */
const PATIENCE_MS = 15 * 60_000;
const silent = (): void => undefined;
const noLog: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** The folder of a relay that has run here. Throws StartupError `no_relay_here`: an operator's mistake makes no new one. */
export function relayFolder({ dataFolder }: RelayPlace): Promise<string> {
  if (existsSync(dataFolder)) return prepareDataFolder(dataFolder);
  throw noRelay(dataFolder);
}

/**
 * The relay's database for `work`: the given one, the embedded one of the relay that runs on the folder, or that one
 * started for so long. Throws StartupError.
 */
export async function withRelayDatabase<Result>(
  place: RelayPlace,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  if (place.database !== undefined) return connected(place.database, place.database, work);
  const folder = await relayFolder(place);
  const running = await embeddedConnection(folder);
  if (running === undefined) throw noRelay(folder);
  const unlock = lockUnlessRunning(folder);
  if (unlock === undefined) return connected(running, undefined, work).catch(explainAbsence);
  try {
    const embedded = await startEmbedded(folder, noLog);
    try {
      return await connected(embedded.connection, undefined, work);
    } finally {
      await embedded.stop();
    }
  } finally {
    unlock();
  }
}

/** Undefined: a relay has the folder. */
export function lockUnlessRunning(folder: string): (() => void) | undefined {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof StartupError && error.code === "data_folder_in_use") return undefined;
    throw error;
  }
}

async function connected<Result>(
  connection: ClientConfig,
  given: ClientConfig | undefined,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = new Database({
    connection,
    size: CONNECTIONS,
    onError: silent,
    patienceMs: PATIENCE_MS,
    application: "sotto-admin",
  });
  try {
    // One that is away is explained below.
    const isNew = given !== undefined && !(await hasSchema(database).catch(() => true));
    if (isNew) throw noRelay("this database");
    await updateSchema(connection, given);
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The relay starts its PostgreSQL, or has just lost it. */
function explainAbsence(cause: unknown): never {
  if (!isUnavailable(cause)) throw cause;
  throw new StartupError(
    "database_unreachable",
    "The PostgreSQL of the relay that runs here does not answer.",
    "Try again in a moment; the relay's log says more.",
    cause,
  );
}

function noRelay(place: string): StartupError {
  return new StartupError(
    "no_relay_here",
    `No relay has run on ${place} yet.`,
    "Give the relay's own --data DIR, and --database-url if it has that.",
  );
}
