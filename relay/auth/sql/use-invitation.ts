import type { Queries } from "../../db/pool.ts";

export async function isInvitationGood(
  queries: Queries,
  tokenHash: Uint8Array,
  now: number,
): Promise<boolean> {
  const { rowCount } = await queries.query(
    `select 1
    from invitations
    where token_hash = $1
    and used < uses
    and (expires_at is null or expires_at > $2)`,
    [tokenHash, now],
  );
  return rowCount === 1;
}

/** One use less; false where there is none left. Who comes at the same time waits for the row. */
export async function useInvitation(queries: Queries, tokenHash: Uint8Array, now: number): Promise<boolean> {
  const { rowCount } = await queries.query(
    `update invitations
    set used = used + 1
    where token_hash = $1
    and used < uses
    and (expires_at is null or expires_at > $2)`,
    [tokenHash, now],
  );
  return rowCount === 1;
}
