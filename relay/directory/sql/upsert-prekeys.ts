import type { Queries } from "../../db/pool.ts";

export interface PublishedPrekey {
  readonly id: number;
  readonly createdAt: number;
  readonly published: Uint8Array;
}

/**
 * Makes the device's row, which stays locked until commit. A prekey replaces the one that is there unless it is older
 * by both id and time: a late retry never brings an old one back, and neither a clock that was set right nor a profile
 * that came back from a backup stops the rotation.
 */
export async function upsertPrekeys(
  transaction: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
  signed: PublishedPrekey | undefined,
  lastResort: PublishedPrekey | undefined,
): Promise<void> {
  await transaction.query(
    `insert into prekeys (account_id, device_id)
    values ($1::bytea, $2::bytea)
    on conflict (account_id, device_id) do nothing`,
    [accountId, deviceId],
  );
  await transaction.query(
    `select
    from prekeys
    where account_id = $1::bytea
      and device_id = $2::bytea
    for update`,
    [accountId, deviceId],
  );
  if (signed !== undefined) {
    await transaction.query(
      `update prekeys
      set signed_prekey = $3::bytea, signed_prekey_id = $4::int8, signed_prekey_created_at = $5::int8
      where account_id = $1::bytea
        and device_id = $2::bytea
        and (signed_prekey_id < $4::int8 or signed_prekey_created_at < $5::int8)`,
      [accountId, deviceId, signed.published, signed.id, signed.createdAt],
    );
  }
  if (lastResort !== undefined) {
    await transaction.query(
      `update prekeys
      set last_resort_prekey = $3::bytea,
        last_resort_prekey_id = $4::int8,
        last_resort_prekey_created_at = $5::int8
      where account_id = $1::bytea
        and device_id = $2::bytea
        and (last_resort_prekey_id < $4::int8 or last_resort_prekey_created_at < $5::int8)`,
      [accountId, deviceId, lastResort.published, lastResort.id, lastResort.createdAt],
    );
  }
}
