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
