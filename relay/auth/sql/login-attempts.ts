import type { Queries } from "../../db/pool.ts";

export interface LoginAttempt {
  account_id: Buffer | null;
  /** Of the account. */
  name: string | null;
  server_state: string;
  expires_at: bigint;
  /** By the operator. */
  disabled: boolean;
}

/** Also clears away what nobody finished in time. */
export async function insertLoginAttempt(
  queries: Queries,
  loginId: Uint8Array,
  attempt: { account: Uint8Array | null; serverState: string; expiresAt: number; now: number },
): Promise<void> {
  await queries.query(
    `with over as (
      delete from login_attempts
      where login_id in (
        select login_id
        from login_attempts
        where expires_at < $5
        limit 100
        for update skip locked
      )
    )
    insert into login_attempts (login_id, account_id, server_state, expires_at)
    values ($1, $2, $3, $4)`,
    [loginId, attempt.account, attempt.serverState, attempt.expiresAt, attempt.now],
  );
}

/** Gives it away once. */
export async function takeLoginAttempt(
  queries: Queries,
  loginId: Uint8Array,
): Promise<LoginAttempt | undefined> {
  const { rows } = await queries.query<LoginAttempt>(
    `delete from login_attempts
    where login_id = $1
    returning
      account_id,
      (select name from accounts where accounts.account_id = login_attempts.account_id) as name,
      exists (
        select 1
        from accounts
        where accounts.account_id = login_attempts.account_id
        and disabled_at is not null
      ) as disabled,
      server_state,
      expires_at`,
    [loginId],
  );
  return rows[0];
}
