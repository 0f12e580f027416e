import type { Queries } from "../../db/pool.ts";

/** Asked at every call of a device. */
export async function isActive(
  queries: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<boolean> {
  const { rows } = await queries.query<{ active: boolean }>({
    name: "device-is-active",
    text: `select active
    from devices
    where account_id = $1
    and device_id = $2`,
    values: [accountId, deviceId],
  });
  return rows[0]?.active === true;
}
