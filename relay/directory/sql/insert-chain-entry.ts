import type { ChainHead } from "../../../keys/public.ts";
import type { Queries } from "../../db/pool.ts";

/** Stores an entry and makes it the head. */
export async function insertChainEntry(
  transaction: Queries,
  accountId: Uint8Array,
  head: ChainHead,
  entry: Uint8Array,
): Promise<void> {
  await transaction.query(
    `with stored as (
      insert into account_entries (account_id, sequence, entry, hash)
      values ($1::bytea, $2::int8, $3::bytea, $4::bytea)
    )
    update accounts
    set head_sequence = $2::int8, head_hash = $4::bytea
    where account_id = $1::bytea`,
    [accountId, head.sequence, entry, head.hash],
  );
}
