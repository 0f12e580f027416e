import { EVENTS_APPLICATION } from "../../db/carry-events.ts";
import type { Queries } from "../../db/pool.ts";

export type ConnectionsRow = {
  readonly relays: number;
  /** Of whoever is no relay: on the whole server, on our database, and of our role. */
  readonly others: number;
  readonly others_here: number;
  readonly others_of_role: number;
};

/** Who is connected now, this connection left out. */
export async function selectConnections(
  db: Queries,
  relayApplications: readonly string[],
): Promise<ConnectionsRow> {
  const { rows } = await db.query<ConnectionsRow>(
    `select
      count(*) filter (where ours and application_name = $2::text)::int4 as relays,
      count(*) filter (where not ours)::int4 as others,
      count(*) filter (where not ours and datname = current_database())::int4 as others_here,
      count(*) filter (where not ours and usename = current_user)::int4 as others_of_role
    from (
      select *, coalesce(datname = current_database() and application_name = any($1::text[]), false) as ours
      from pg_stat_activity
      where backend_type = 'client backend'
        and pid <> pg_backend_pid()
    ) as connections`,
    [relayApplications, EVENTS_APPLICATION],
  );
  return rows[0] ?? { relays: 0, others: 0, others_here: 0, others_of_role: 0 };
}
