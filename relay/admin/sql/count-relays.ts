import { EVENTS_APPLICATION } from "../../db/carry-events.ts";
import type { Queries } from "../../db/pool.ts";

/** How many relays serve this database now: each holds one connection of that name. */
export async function countRelays(db: Queries): Promise<number> {
  const { rows } = await db.query<{ relays: bigint }>(
    `select count(*) as relays
    from pg_stat_activity
    where datname = current_database()
    and application_name = $1::text`,
    [EVENTS_APPLICATION],
  );
  return Number(rows[0]?.relays ?? 0);
}
