import { boolArray, byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface DeviceRecord {
  readonly deviceId: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly active: boolean;
  /** The entry that brought it in; of one that is known already it stays as it is. */
  readonly addedSequence: number;
}

/** Brings the devices of an account to what its chain says. */
export async function upsertDevices(
  transaction: Queries,
  accountId: Uint8Array,
  devices: readonly DeviceRecord[],
): Promise<void> {
  await transaction.query(
    `insert into devices (account_id, device_id, signing_key, active, added_sequence)
    select $1::bytea, device.id, device.signing_key, device.active, device.added_sequence
    from unnest($2::bytea[], $3::bytea[], $4::bool[], $5::int8[])
      as device (id, signing_key, active, added_sequence)
    on conflict (account_id, device_id) do update
    set active = excluded.active
    where devices.active <> excluded.active`,
    [
      accountId,
      byteaArray(devices.map(({ deviceId }) => deviceId)),
      byteaArray(devices.map(({ signingKey }) => signingKey)),
      boolArray(devices.map(({ active }) => active)),
      int8Array(devices.map(({ addedSequence }) => addedSequence)),
    ],
  );
}
