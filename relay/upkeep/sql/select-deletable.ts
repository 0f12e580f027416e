import type { Queries } from "../../db/pool.ts";

export type DeletableRow = {
  /** Null: not deleted. */
  readonly deleted_at: bigint | null;
  /** Its active devices. */
  readonly devices: Buffer[];
};

/** Undefined: there is no such account. */
export async function selectDeletable(db: Queries, accountId: Uint8Array): Promise<DeletableRow | undefined> {
  const { rows } = await db.query<DeletableRow>(
    `select
      deleted_at,
      array(
        select devices.device_id
        from devices
        where devices.account_id = accounts.account_id
          and devices.active
      ) as devices
    from accounts
    where account_id = $1::bytea`,
    [accountId],
  );
  return rows[0];
}
