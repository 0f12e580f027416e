import type { Queries } from "../../db/pool.ts";

export interface PrekeyCounts {
  readonly oneTimeLeft: number;
  readonly signedPrekeyId: number;
  readonly lastResortPrekeyId: number;
  /** Stretches of ids of one-time pairs without a gap. */
  readonly stretches: number;
}

type CountRow = {
  readonly one_time_left: number;
  readonly signed_prekey_id: bigint;
  readonly last_resort_prekey_id: bigint;
  readonly stretches: number;
};

export async function countPrekeys(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<PrekeyCounts> {
  const { rows } = await db.query<CountRow>(
    `select
      (
        select count(*)::int4
        from one_time_prekeys
        where account_id = $1::bytea
          and device_id = $2::bytea
      ) as one_time_left,
      signed_prekey_id,
      last_resort_prekey_id,
      (select count(*)::int4 from unnest(pairs_seen)) as stretches
    from prekeys
    where account_id = $1::bytea
      and device_id = $2::bytea`,
    [accountId, deviceId],
  );
  const row = rows[0];
  return {
    oneTimeLeft: row?.one_time_left ?? 0,
    signedPrekeyId: Number(row?.signed_prekey_id ?? 0),
    lastResortPrekeyId: Number(row?.last_resort_prekey_id ?? 0),
    stretches: row?.stretches ?? 0,
  };
}
