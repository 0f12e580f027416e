import type { Queries } from "../../db/pool.ts";

/** What a device that comes has to know of its own past and the relay's. */
export async function selectPast(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<{ lapsedAt: bigint; restoredAt: bigint; acknowledged: bigint }> {
  const { rows } = await db.query<{ lapsed_at: bigint; restored_at: bigint; acknowledged: bigint }>({
    name: "select-past",
    text: `select
      coalesce(
        (
          select last_lapse_at
          from devices
          where account_id = $1::bytea
            and device_id = $2::bytea
        ),
        0
      ) as lapsed_at,
      coalesce((select max(restored_at) from conversations where restored_at > 0), 0) as restored_at,
      coalesce(
        (
          select sum(sequence)
          from cursors
          where account_id = $1::bytea
            and device_id = $2::bytea
        ),
        0
      )::int8 as acknowledged`,
    values: [accountId, deviceId],
  });
  const [row] = rows;
  return {
    lapsedAt: row?.lapsed_at ?? 0n,
    restoredAt: row?.restored_at ?? 0n,
    acknowledged: row?.acknowledged ?? 0n,
  };
}
