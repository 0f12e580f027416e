import type { Queries } from "../../db/pool.ts";

export type OldestRow = {
  /** When the oldest message was stored whose content is still here: milliseconds since 1970. */
  readonly stored_at: bigint | null;
  /** When the first of those ran out whose content is still here: seconds since 1970. */
  readonly expires_at: bigint | null;
};

export async function selectOldest(db: Queries): Promise<OldestRow> {
  const { rows } = await db.query<OldestRow>(
    `select
      (select min(stored_at) from log where stub = 0 and kind = 1) as stored_at,
      (select min(expires_at) from log where expires_at > 0 and stub = 0) as expires_at`,
  );
  return rows[0] ?? { stored_at: null, expires_at: null };
}
