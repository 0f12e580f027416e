import type { Database } from "../db/pool.ts";
import { askForUpkeepLock, giveUpkeepLockBack, takeUpkeepLock } from "./sql/upkeep-lock.ts";

/**
 * Does `work` as the only relay of this database; at once nothing if another one is at it. `check` rejects when that is
 * no longer so. A relay that dies gives the place up with its connection: the next that asks has it. Two at once would
 * do no harm, but everything twice.
 */
export function alone(
  database: Database,
  work: (check: () => Promise<void>) => Promise<void>,
): Promise<void> {
  return database.withClient(async (connection) => {
    if (!(await takeUpkeepLock(connection))) return;
    try {
      await work(() => askForUpkeepLock(connection));
    } finally {
      // A connection that may hold it still is of no more use.
      await giveUpkeepLockBack(connection).catch(() => connection.end());
    }
  });
}
