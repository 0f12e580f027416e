import { boolArray, byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface WantedBundle {
  readonly accountId: Uint8Array;
  readonly deviceId: Uint8Array;
  /** False: the last-resort prekey will do. */
  readonly oneTime: boolean;
}

export type BundleRow = {
  /** Which of the devices asked for, from 1. */
  readonly place: bigint;
  readonly signed_prekey: Buffer;
  readonly kem_prekey: Buffer;
};

/** Each one-time pair leaves the table with the one statement that hands it out. No device may be in twice. */
export async function takeBundles(db: Queries, wanted: readonly WantedBundle[]): Promise<BundleRow[]> {
  const { rows } = await db.query<BundleRow>(
    `with wanted as materialized (
      select wish.place, wish.one_time, prekeys.*
      from unnest($1::bytea[], $2::bytea[], $3::bool[])
        with ordinality as wish (account_id, device_id, one_time, place)
      join devices using (account_id, device_id)
      join prekeys using (account_id, device_id)
      where devices.active
        and prekeys.signed_prekey is not null
    ),
    picked as materialized (
      select wanted.place, pair.account_id, pair.device_id, pair.prekey_id
      from wanted
      cross join lateral (
        select one_time_prekeys.account_id, one_time_prekeys.device_id, one_time_prekeys.prekey_id
        from one_time_prekeys
        where one_time_prekeys.account_id = wanted.account_id
          and one_time_prekeys.device_id = wanted.device_id
        order by one_time_prekeys.prekey_id
        limit 1
        for update skip locked
      ) as pair
      where wanted.one_time
    ),
    taken as (
      delete from one_time_prekeys
      using picked
      where one_time_prekeys.account_id = picked.account_id
        and one_time_prekeys.device_id = picked.device_id
        and one_time_prekeys.prekey_id = picked.prekey_id
      returning picked.place, one_time_prekeys.prekey
    )
    select
      wanted.place,
      wanted.signed_prekey,
      coalesce(taken.prekey, wanted.last_resort_prekey) as kem_prekey
    from wanted
    left join taken using (place)
    where coalesce(taken.prekey, wanted.last_resort_prekey) is not null
    order by wanted.place`,
    [
      byteaArray(wanted.map(({ accountId }) => accountId)),
      byteaArray(wanted.map(({ deviceId }) => deviceId)),
      boolArray(wanted.map(({ oneTime }) => oneTime)),
    ],
  );
  return rows;
}
