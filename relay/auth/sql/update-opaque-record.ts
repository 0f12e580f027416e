import type { Queries } from "../../db/pool.ts";

/** Logins that were begun with the old one end. */
export async function updateOpaqueRecord(
  queries: Queries,
  accountId: Uint8Array,
  opaqueRecord: string,
): Promise<void> {
  await queries.query(
    `with begun as (
      delete from login_attempts
      where account_id = $1
    )
    update credentials
    set opaque_record = $2
    where account_id = $1`,
    [accountId, opaqueRecord],
  );
}
