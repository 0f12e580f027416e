import type { Queries } from "../../db/pool.ts";

export interface Opened {
  readonly all: number;
  /** At that time or later. */
  readonly lately: number;
}

/** How many conversations an account has opened. `since`: milliseconds since 1970. */
export async function countOpened(db: Queries, accountId: Uint8Array, since = 0): Promise<Opened> {
  const { rows } = await db.query<Opened>(
    `select
      count(*)::int4 as all,
      (count(*) filter (where opened_at >= $2::int8))::int4 as lately
    from conversations
    where opened_by = $1::bytea`,
    [accountId, since],
  );
  return rows[0] ?? { all: 0, lately: 0 };
}
