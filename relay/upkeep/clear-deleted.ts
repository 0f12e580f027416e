import type { Queries } from "../db/pool.ts";
import { CLEARED_A_BATCH } from "./limits.ts";
import { deleteOrphanedRows, markCleared, selectUncleared } from "./sql/clear-accounts.ts";

/**
 * A step of clearing away what nobody can read any more since accounts were deleted: at most so many rows. A conversation
 * goes with the last of its accounts. Returns how many accounts there were to be cleared; 0: all is done.
 */
export async function clearDeleted(db: Queries, rows: number): Promise<number> {
  const accounts = await selectUncleared(db, CLEARED_A_BATCH);
  if (accounts.length === 0) return 0;
  if ((await deleteOrphanedRows(db, accounts, rows)) < rows) await markCleared(db, accounts);
  return accounts.length;
}
