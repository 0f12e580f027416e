import type { Queries } from "../../db/pool.ts";

export type SeenDevice = {
  readonly seen_at: bigint;
  readonly lapsed: boolean;
};

export async function selectSeen(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<SeenDevice | undefined> {
  const { rows } = await db.query<SeenDevice>({
    name: "select-seen",
    text: `select seen_at, lapsed_at is not null as lapsed
    from devices
    where account_id = $1::bytea
      and device_id = $2::bytea
      and active`,
    values: [accountId, deviceId],
  });
  return rows[0];
}

/** When any device that takes part was last seen; undefined: there is none. */
export async function selectNewestSeen(db: Queries): Promise<number | undefined> {
  const { rows } = await db.query<{ seen_at: bigint | null }>(
    "select max(seen_at) as seen_at from devices where active and lapsed_at is null",
  );
  const newest = rows[0]?.seen_at;
  return newest === null || newest === undefined ? undefined : Number(newest);
}

/** False: it is not active any more, or had not lapsed. */
export async function seeDevice(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
  now: number,
): Promise<boolean> {
  const { rows } = await db.query<{ had_lapsed: boolean }>(
    `with before as (
      select account_id, device_id, lapsed_at
      from devices
      where account_id = $1::bytea
        and device_id = $2::bytea
      for update
    )
    update devices
    set seen_at = $3::int8,
      last_lapse_at = coalesce(before.lapsed_at, devices.last_lapse_at),
      lapsed_at = null
    from before
    where devices.account_id = before.account_id
      and devices.device_id = before.device_id
      and devices.active
    returning before.lapsed_at is not null as had_lapsed`,
    [accountId, deviceId, now],
  );
  return rows[0]?.had_lapsed === true;
}
