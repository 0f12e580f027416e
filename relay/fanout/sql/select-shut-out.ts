import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type ShutOutRow = {
  readonly account_id: Buffer;
  readonly device_id: Buffer;
  /** Its account is shut by the operator. */
  readonly disabled: boolean;
};

/** Which of these devices are not let in any more. */
export async function selectShutOut(
  db: Queries,
  devices: readonly { readonly accountId: Uint8Array; readonly deviceId: Uint8Array }[],
): Promise<ShutOutRow[]> {
  const { rows } = await db.query<ShutOutRow>({
    name: "select-shut-out",
    text: `select devices.account_id, devices.device_id, accounts.disabled_at is not null as disabled
    from unnest($1::bytea[], $2::bytea[]) as live (account_id, device_id)
    join devices using (account_id, device_id)
    join accounts using (account_id)
    where not devices.active or accounts.disabled_at is not null`,
    values: [
      byteaArray(devices.map(({ accountId }) => accountId)),
      byteaArray(devices.map(({ deviceId }) => deviceId)),
    ],
  });
  return rows;
}
