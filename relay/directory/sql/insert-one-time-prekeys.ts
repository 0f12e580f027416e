import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";
import type { PublishedPrekey } from "./upsert-prekeys.ts";

/** Takes in the pairs whose ids were never seen, and notes these ids. The caller has locked the device's row. */
export async function insertOneTimePrekeys(
  transaction: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
  pairs: readonly PublishedPrekey[],
): Promise<void> {
  await transaction.query(
    `with fresh as materialized (
      select pair.id, pair.published
      from unnest($3::int8[], $4::bytea[]) as pair (id, published)
      join prekeys on prekeys.account_id = $1::bytea and prekeys.device_id = $2::bytea
      where not prekeys.pairs_seen @> pair.id
    ),
    noted as (
      update prekeys
      set pairs_seen = pairs_seen + (select range_agg(int8range(id, id, '[]')) from fresh)
      where account_id = $1::bytea
        and device_id = $2::bytea
        and exists (select from fresh)
    )
    insert into one_time_prekeys (account_id, device_id, prekey_id, prekey)
    select $1::bytea, $2::bytea, id, published
    from fresh`,
    [
      accountId,
      deviceId,
      int8Array(pairs.map(({ id }) => id)),
      byteaArray(pairs.map(({ published }) => published)),
    ],
  );
}
