import { EVENTS_APPLICATION } from "../../db/carry-events.ts";
import type { Queries } from "../../db/pool.ts";

export type RelayRow = {
  /** Null: by a Unix socket. */
  readonly address: string | null;
  /** What it last said on the connection on which it listens; empty: we may not read it. */
  readonly said: string;
};

/** The relays that serve this database. */
export async function selectRelays(db: Queries): Promise<RelayRow[]> {
  const { rows } = await db.query<RelayRow>(
    `select host(client_addr) as address, coalesce(query, '') as said
    from pg_stat_activity
    where datname = current_database()
      and application_name = $1::text
    order by backend_start`,
    [EVENTS_APPLICATION],
  );
  return rows;
}
