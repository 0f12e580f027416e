import type { Queries } from "../../db/pool.ts";

/** Forgets the prekeys of devices that are no longer active. */
export async function deletePrekeysOfInactive(transaction: Queries, accountId: Uint8Array): Promise<void> {
  await transaction.query(
    `delete from prekeys
    using devices
    where prekeys.account_id = $1::bytea
      and devices.account_id = prekeys.account_id
      and devices.device_id = prekeys.device_id
      and not devices.active`,
    [accountId],
  );
}

/** All pairs that are left of one device. */
export async function deleteOneTimePrekeys(
  transaction: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<void> {
  await transaction.query(
    `delete from one_time_prekeys
    where account_id = $1::bytea
      and device_id = $2::bytea`,
    [accountId, deviceId],
  );
}
