import type { Queries } from "../../db/pool.ts";

export type AccountRow = {
  readonly account_id: Buffer;
  readonly name: string;
  readonly registered_at: bigint;
  readonly disabled_at: bigint | null;
  readonly devices: bigint;
  /** Of the device that was here last; null: it has none any more. */
  readonly seen_at: bigint | null;
};

/** Of those that were not deleted, in the order of their names, the first `limit` behind `after`; all are behind "". */
export async function selectAccounts(db: Queries, after: string, limit: number): Promise<AccountRow[]> {
  const { rows } = await db.query<AccountRow>(
    `select account_id, name, registered_at, disabled_at, devices, seen_at
    from (
      select account_id, name, registered_at, disabled_at
      from accounts
      where deleted_at is null
      and name > $1::text
      order by name
      limit $2::int4
    ) as page
    cross join lateral (
      select count(*) filter (where active) as devices, max(seen_at) as seen_at
      from devices
      where devices.account_id = page.account_id
    ) as theirs
    order by name`,
    [after, limit],
  );
  return rows;
}

/** Of those that were not deleted; 0: there are none. */
export async function selectLongestName(db: Queries): Promise<number> {
  const { rows } = await db.query<{ longest: number }>(
    `select coalesce(max(length(name)), 0) as longest
    from accounts
    where deleted_at is null`,
  );
  return rows[0]?.longest ?? 0;
}

/** A deleted account's name may be kept: then it is found, too. */
export async function selectAccountNamed(
  db: Queries,
  name: string,
): Promise<{ account_id: Buffer; deleted: boolean } | undefined> {
  const { rows } = await db.query<{ account_id: Buffer; deleted: boolean }>(
    `select account_id, deleted_at is not null as deleted
    from accounts
    where name = $1::text`,
    [name],
  );
  return rows[0];
}

/** `now`: since when; null: no more. Returns the account's active devices. */
export async function setDisabled(
  transaction: Queries,
  accountId: Uint8Array,
  now: number | null,
): Promise<Buffer[]> {
  await transaction.query(
    `update accounts
    set disabled_at = case when $2::int8 is null then null else coalesce(disabled_at, $2::int8) end
    where account_id = $1::bytea`,
    [accountId, now],
  );
  const { rows } = await transaction.query<{ device_id: Buffer }>(
    `select device_id
    from devices
    where account_id = $1::bytea
    and active`,
    [accountId],
  );
  return rows.map(({ device_id }) => device_id);
}

/** The active devices of disabled accounts. */
export async function selectDisabledDevices(
  db: Queries,
): Promise<{ account_id: Buffer; device_id: Buffer }[]> {
  const { rows } = await db.query<{ account_id: Buffer; device_id: Buffer }>(
    `select account_id, device_id
    from accounts
    join devices using (account_id)
    where disabled_at is not null
    and active`,
  );
  return rows;
}
