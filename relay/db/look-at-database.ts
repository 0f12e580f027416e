import type { Queries } from "./pool.ts";

/** What a look at the database shows; it takes as long as the pool's time limits allow. */
export type DatabaseState = "writable" | "read_only" | "away";

/** A standby and one that somebody has set so take no writes. */
export async function lookAtDatabase(db: Queries): Promise<DatabaseState> {
  try {
    const { rows } = await db.query<{ read_only: boolean }>({
      name: "look-at-database",
      text: "select current_setting('transaction_read_only')::bool as read_only",
    });
    return rows[0]?.read_only === true ? "read_only" : "writable";
  } catch {
    return "away";
  }
}
