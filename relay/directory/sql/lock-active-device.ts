import type { Queries } from "../../db/pool.ts";

/** The signing key of a device that stays active until commit; undefined if it is not. */
export async function lockActiveDevice(
  transaction: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<Buffer | undefined> {
  const { rows } = await transaction.query<{ signing_key: Buffer }>(
    `select signing_key
    from devices
    where account_id = $1::bytea
      and device_id = $2::bytea
      and active
    for share`,
    [accountId, deviceId],
  );
  return rows[0]?.signing_key;
}
