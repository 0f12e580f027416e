import { existsSync } from "node:fs";
import type { ClientConfig } from "pg";
import { lockUnlessRunning } from "../admin/open-database.ts";
import type { RelayConfig } from "../config.ts";
import { embeddedConnection, startEmbedded } from "../db/embedded.ts";
import type { Logger } from "../logger.ts";

export interface OpenedDatabase {
  readonly connection: ClientConfig;
  /** As one would call it, without a password. */
  readonly about: string;
  close(): Promise<void>;
}

const silent = (): void => undefined;
const noLog: Logger = { debug: silent, info: silent, warn: silent, error: silent };
const nothing = async (): Promise<void> => undefined;

/**
 * The database as it is, of whatever version: the given one, the embedded one of the relay that runs on the folder, or
 * that one started for so long. Undefined: none was made yet. Throws StartupError.
 */
export async function openDatabase({
  database,
  dataFolder,
}: Pick<RelayConfig, "database" | "dataFolder">): Promise<OpenedDatabase | undefined> {
  if (database !== undefined) return { connection: database, about: "", close: nothing };
  const running = existsSync(dataFolder) ? await embeddedConnection(dataFolder) : undefined;
  if (running === undefined) return undefined;
  const unlock = lockUnlessRunning(dataFolder);
  if (unlock === undefined)
    return { connection: running, about: ", embedded in the relay that runs", close: nothing };
  try {
    const embedded = await startEmbedded(dataFolder, noLog);
    const close = async (): Promise<void> => {
      await embedded.stop();
      unlock();
    };
    return { connection: embedded.connection, about: ", embedded, started to be looked at", close };
  } catch (error) {
    unlock();
    throw error;
  }
}
