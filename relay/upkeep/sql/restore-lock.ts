import type { Queries } from "../../db/pool.ts";

/** Whoever holds this lock of the database looks whether it was put back. */
const RESTORE_LOCK = [0x50_77_0003, 0] as const;

/** On the connection that is to hold it. */
export async function takeRestoreLock(connection: Queries): Promise<boolean> {
  const { rows } = await connection.query<{ taken: boolean }>(
    "select pg_try_advisory_lock($1::int4, $2::int4) as taken",
    [...RESTORE_LOCK],
  );
  return rows[0]?.taken === true;
}

export async function giveRestoreLockBack(connection: Queries): Promise<void> {
  await connection.query("select pg_advisory_unlock($1::int4, $2::int4)", [...RESTORE_LOCK]);
}
