import type { Queries } from "../../db/pool.ts";

/** Whoever holds this lock of the database does its upkeep. */
const UPKEEP_LOCK = [0x50_77_0002, 0] as const;

/** On the connection that is to hold it, which PostgreSQL drops when the machine behind it is gone without a word. */
export async function takeUpkeepLock(connection: Queries): Promise<boolean> {
  await connection.query(
    `select set_config('tcp_keepalives_idle', '20', false),
      set_config('tcp_keepalives_interval', '5', false),
      set_config('tcp_keepalives_count', '3', false)`,
  );
  const { rows } = await connection.query<{ taken: boolean }>(
    "select pg_try_advisory_lock($1::int4, $2::int4) as taken",
    [...UPKEEP_LOCK],
  );
  return rows[0]?.taken === true;
}

export async function giveUpkeepLockBack(connection: Queries): Promise<void> {
  await connection.query("select pg_advisory_unlock($1::int4, $2::int4)", [...UPKEEP_LOCK]);
}

/** Rejects when the connection is lost, and the lock with it. */
export async function askForUpkeepLock(connection: Queries): Promise<void> {
  await connection.query("select 1");
}
