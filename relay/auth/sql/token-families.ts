import type { Queries } from "../../db/pool.ts";

export interface TokenFamily {
  account_id: Buffer;
  device_id: Buffer;
  used_serial: bigint;
  revoked: boolean;
  expires_at: bigint;
  signing_key: Buffer;
  active: boolean;
  /** By the operator. */
  disabled: boolean;
}

/** Opens a family, and forgets the oldest ones of the device beyond `kept`. */
export async function insertTokenFamily(
  queries: Queries,
  family: Uint8Array,
  owner: { accountId: Uint8Array; deviceId: Uint8Array },
  { now, expiresAt, kept }: { now: number; expiresAt: number; kept: number },
): Promise<void> {
  await queries.query(
    `with older as (
      delete from token_families
      where family_id in (
        select family_id
        from token_families
        where account_id = $2
        and device_id = $3
        order by created_at desc, family_id
        offset $6::integer - 1
      )
    )
    insert into token_families (family_id, account_id, device_id, created_at, used_serial, expires_at)
    values ($1, $2, $3, $4, 0, $5)`,
    [family, owner.accountId, owner.deviceId, now, expiresAt, kept],
  );
}

/** With its device, and locked until the transaction ends: refreshes of one family go one after the other. */
export async function lockTokenFamily(
  queries: Queries,
  family: Uint8Array,
): Promise<TokenFamily | undefined> {
  const { rows } = await queries.query<TokenFamily>(
    `select account_id, device_id, used_serial, revoked, expires_at, signing_key, active,
      disabled_at is not null as disabled
    from token_families
    join devices using (account_id, device_id)
    join accounts using (account_id)
    where family_id = $1
    for update of token_families`,
    [family],
  );
  return rows[0];
}

export async function useTokenSerial(
  queries: Queries,
  family: Uint8Array,
  serial: bigint,
  expiresAt: number,
): Promise<void> {
  await queries.query(
    `update token_families
    set used_serial = $2, expires_at = $3
    where family_id = $1`,
    [family, serial, expiresAt],
  );
}

export async function revokeTokenFamily(queries: Queries, family: Uint8Array): Promise<void> {
  await queries.query(
    `update token_families
    set revoked = true
    where family_id = $1`,
    [family],
  );
}
