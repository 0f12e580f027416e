import type { Queries } from "../../db/pool.ts";

export type SilentDevice = {
  readonly account_id: Buffer;
  readonly device_id: Buffer;
};

/** Devices that were seen last before, and have not lapsed; those first that are silent for longest. */
export async function selectSilentDevices(
  db: Queries,
  before: number,
  limit: number,
): Promise<SilentDevice[]> {
  const { rows } = await db.query<SilentDevice>(
    `select account_id, device_id
    from devices
    where active
      and lapsed_at is null
      and seen_at < $1::int8
    order by seen_at
    limit $2::int8`,
    [before, limit],
  );
  return rows;
}

/** False: it was seen meanwhile, or has lapsed already. Under the lock on its account. */
export async function lapseDevice(
  transaction: Queries,
  { account_id, device_id }: SilentDevice,
  { now, before }: { readonly now: number; readonly before: number },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update devices
    set lapsed_at = $3::int8
    where account_id = $1::bytea
      and device_id = $2::bytea
      and active
      and lapsed_at is null
      and seen_at < $4::int8`,
    [account_id, device_id, now, before],
  );
  return rowCount === 1;
}
