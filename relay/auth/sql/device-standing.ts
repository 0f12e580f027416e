import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface DeviceStanding {
  readonly active: boolean;
  /** Its account is shut by the operator. */
  readonly disabled: boolean;
}

export interface DeviceOfAccount {
  readonly accountId: Uint8Array;
  readonly deviceId: Uint8Array;
}

type StandingRow = DeviceStanding & { readonly place: number };

/** Asked at every call of a device; in the order of the devices. Undefined: there is none such. */
export async function deviceStandings(
  queries: Queries,
  devices: readonly DeviceOfAccount[],
): Promise<(DeviceStanding | undefined)[]> {
  const { rows } = await queries.query<StandingRow>({
    name: "device-standings",
    text: `select asked.place::int4 as place, devices.active, accounts.disabled_at is not null as disabled
    from unnest($1::bytea[], $2::bytea[]) with ordinality as asked (account_id, device_id, place)
    join devices using (account_id, device_id)
    join accounts using (account_id)`,
    values: [
      byteaArray(devices.map(({ accountId }) => accountId)),
      byteaArray(devices.map(({ deviceId }) => deviceId)),
    ],
  });
  const standings: (DeviceStanding | undefined)[] = devices.map(() => undefined);
  for (const { place, active, disabled } of rows) standings[place - 1] = { active, disabled };
  return standings;
}
