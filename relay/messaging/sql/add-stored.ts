import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface StoredAmount {
  account_id: Buffer;
  rows: bigint;
  bytes: bigint;
}

/** Adds to what those accounts had stored on a day, and gives what they have had stored since `firstDay`, all in all. */
export async function addStored(
  db: Queries,
  { day, firstDay }: { readonly day: number; readonly firstDay: number },
  amounts: readonly { readonly accountId: Uint8Array; readonly rows: number; readonly bytes: number }[],
): Promise<StoredAmount[]> {
  const { rows } = await db.query<StoredAmount>({
    name: "add-stored",
    text: `with added as (
      insert into stored_by_day as stored (account_id, day, rows, bytes)
      select amount.account_id, $4::int4, amount.rows, amount.bytes
      from unnest($1::bytea[], $2::int8[], $3::int8[]) as amount (account_id, rows, bytes)
      order by amount.account_id
      on conflict (account_id, day) do update
      set rows = stored.rows + excluded.rows, bytes = stored.bytes + excluded.bytes
      returning stored.account_id, stored.rows, stored.bytes
    )
    select
      added.account_id,
      (added.rows + coalesce(earlier.rows, 0))::int8 as rows,
      (added.bytes + coalesce(earlier.bytes, 0))::int8 as bytes
    from added
    cross join lateral (
      select sum(stored.rows) as rows, sum(stored.bytes) as bytes
      from stored_by_day as stored
      where stored.account_id = added.account_id
        and stored.day >= $5::int4
        and stored.day <> $4::int4
    ) as earlier`,
    values: [
      byteaArray(amounts.map(({ accountId }) => accountId)),
      int8Array(amounts.map(({ rows: count }) => count)),
      int8Array(amounts.map(({ bytes }) => bytes)),
      day,
      firstDay,
    ],
  });
  return rows;
}
