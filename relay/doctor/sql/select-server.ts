import type { Queries } from "../../db/pool.ts";

export type ServerRow = {
  /** Such as 180001. */
  readonly version_number: number;
  readonly version: string;
  readonly fsync: boolean;
  readonly full_page_writes: boolean;
  readonly synchronous_commit: string;
  readonly read_only: boolean;
  /** Milliseconds since 1970. */
  readonly now: bigint;
  readonly database_bytes: bigint;
  /** How many connections may stand at once: for everybody, on this database, of our role; -1: no limit of its own. */
  readonly max_connections: number;
  readonly database_limit: number;
  readonly role_limit: number;
};

/** How the server is set up, for our role on our database. */
export async function selectServer(db: Queries): Promise<ServerRow> {
  const { rows } = await db.query<ServerRow>(
    `select
      current_setting('server_version_num')::int4 as version_number,
      current_setting('server_version') as version,
      current_setting('fsync')::bool as fsync,
      current_setting('full_page_writes')::bool as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit,
      current_setting('transaction_read_only')::bool as read_only,
      floor(extract(epoch from clock_timestamp()) * 1000)::int8 as now,
      pg_database_size(current_database()) as database_bytes,
      current_setting('max_connections')::int4
        - current_setting('superuser_reserved_connections')::int4
        - coalesce(current_setting('reserved_connections', true), '0')::int4 as max_connections,
      datconnlimit as database_limit,
      rolconnlimit as role_limit
    from pg_database, pg_roles
    where datname = current_database()
      and rolname = current_user`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  return row;
}
