import type { Queries } from "../../db/pool.ts";

/** Of an active device. */
export async function selectSigningKey(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ signing_key: Buffer }>(
    `select signing_key
    from devices
    where account_id = $1::bytea
      and device_id = $2::bytea
      and active`,
    [accountId, deviceId],
  );
  return rows[0]?.signing_key;
}
