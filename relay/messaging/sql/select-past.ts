import type { DeviceOfAccount } from "../../auth/sql/device-standing.ts";
import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface Past {
  readonly lapsedAt: bigint;
  readonly restoredAt: bigint;
  readonly acknowledged: bigint;
  readonly oneTimePrekeysLeft: number;
}

type PastRow = {
  readonly lapsed_at: bigint;
  readonly restored_at: bigint;
  readonly acknowledged: bigint;
  readonly one_time_left: number;
};

/** What a device that comes has to know of its own past and the relay's; of each, in the order of the devices. */
export async function selectPasts(db: Queries, devices: readonly DeviceOfAccount[]): Promise<Past[]> {
  const { rows } = await db.query<PastRow>({
    name: "select-pasts",
    text: `select
      coalesce(
        (
          select last_lapse_at
          from devices
          where devices.account_id = asked.account_id
            and devices.device_id = asked.device_id
        ),
        0
      ) as lapsed_at,
      coalesce((select max(restored_at) from conversations where restored_at > 0), 0) as restored_at,
      coalesce(
        (
          select sum(sequence)
          from cursors
          where cursors.account_id = asked.account_id
            and cursors.device_id = asked.device_id
        ),
        0
      )::int8 as acknowledged,
      (
        select count(*)::int4
        from one_time_prekeys
        where one_time_prekeys.account_id = asked.account_id
          and one_time_prekeys.device_id = asked.device_id
      ) as one_time_left
    from unnest($1::bytea[], $2::bytea[]) with ordinality as asked (account_id, device_id, place)
    order by asked.place`,
    values: [
      byteaArray(devices.map(({ accountId }) => accountId)),
      byteaArray(devices.map(({ deviceId }) => deviceId)),
    ],
  });
  return rows.map((row) => ({
    lapsedAt: row.lapsed_at,
    restoredAt: row.restored_at,
    acknowledged: row.acknowledged,
    oneTimePrekeysLeft: row.one_time_left,
  }));
}
