import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type ChainRow = {
  /** Which of the accounts asked for, from 1. */
  readonly place: bigint;
  readonly head_sequence: bigint;
  readonly head_hash: Buffer;
  readonly entries: Buffer[];
};

/**
 * For each account that exists, its head and the entries behind those held, in one snapshot: in the order asked for,
 * and only until all of them together come to `maxBytes`.
 */
export async function selectChainEntries(
  db: Queries,
  positions: readonly { readonly accountId: Uint8Array; readonly entriesHeld: bigint }[],
  maxBytes: number,
): Promise<ChainRow[]> {
  const { rows } = await db.query<ChainRow>(
    `with wanted as (
      select account_id, held, place
      from unnest($1::bytea[], $2::int8[]) with ordinality as position (account_id, held, place)
    ),
    measured as (
      select
        wanted.place,
        account_entries.sequence,
        account_entries.entry,
        sum(octet_length(account_entries.entry)) over (order by wanted.place, account_entries.sequence) as total
      from wanted
      join account_entries using (account_id)
      where account_entries.sequence >= wanted.held
    )
    select
      wanted.place,
      accounts.head_sequence,
      accounts.head_hash,
      array(
        select measured.entry
        from measured
        where measured.place = wanted.place
          and measured.total <= $3::int8
        order by measured.sequence
      ) as entries
    from wanted
    join accounts using (account_id)
    order by wanted.place`,
    [
      byteaArray(positions.map(({ accountId }) => accountId)),
      int8Array(positions.map(({ entriesHeld }) => entriesHeld)),
      maxBytes,
    ],
  );
  return rows;
}
