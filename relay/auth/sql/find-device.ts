import type { Queries } from "../../db/pool.ts";

export interface FoundDevice {
  signing_key: Buffer;
  active: boolean;
}

export async function findDevice(
  queries: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<FoundDevice | undefined> {
  const { rows } = await queries.query<FoundDevice>(
    `select signing_key, active
    from devices
    where account_id = $1
    and device_id = $2`,
    [accountId, deviceId],
  );
  return rows[0];
}
