import type { Queries } from "../../db/pool.ts";

export interface DeviceStanding {
  readonly active: boolean;
  /** Its account is shut by the operator. */
  readonly disabled: boolean;
}

/** Asked at every call of a device. Undefined: there is none such. */
export async function deviceStanding(
  queries: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<DeviceStanding | undefined> {
  const { rows } = await queries.query<DeviceStanding & Record<string, unknown>>({
    name: "device-standing",
    text: `select active, disabled_at is not null as disabled
    from devices
    join accounts using (account_id)
    where account_id = $1
    and device_id = $2`,
    values: [accountId, deviceId],
  });
  return rows[0];
}
