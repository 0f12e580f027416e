import type { Queries } from "../../db/pool.ts";

/**
 * Takes from an account what lets anybody in, and what others would need to write to it; a tombstone stays. Of an account
 * that was deleted before, only the name changes.
 */
export async function buryAccount(
  transaction: Queries,
  accountId: Uint8Array,
  { now, freeName }: { readonly now: number; readonly freeName: boolean },
): Promise<void> {
  await transaction.query(
    `with buried as (
      update accounts
      set deleted_at = coalesce(deleted_at, $2::int8),
        name = case when $3::bool then null else name end
      where account_id = $1::bytea
    ),
    silenced as (
      update devices
      set active = false, lapsed_at = coalesce(lapsed_at, $2::int8)
      where account_id = $1::bytea
        and active
    ),
    disarmed as (
      delete from prekeys where account_id = $1::bytea
    ),
    logged_out as (
      delete from token_families where account_id = $1::bytea
    ),
    turned_away as (
      delete from login_attempts where account_id = $1::bytea
    )
    delete from credentials where account_id = $1::bytea`,
    [accountId, now, freeName],
  );
}
