import type { Queries } from "../../db/pool.ts";

export type InvitationRow = {
  readonly token_hash: Buffer;
  readonly created_at: bigint;
  readonly expires_at: bigint | null;
  readonly uses: number;
  readonly used: number;
};

export interface NewInvitation {
  readonly tokenHash: Uint8Array;
  readonly uses: number;
  /** Milliseconds since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
  readonly now: number;
}

export async function insertInvitation(db: Queries, made: NewInvitation): Promise<void> {
  await db.query(
    `insert into invitations (token_hash, created_at, expires_at, uses)
    values ($1::bytea, $2::int8, $3::int8, $4::int4)`,
    [made.tokenHash, made.now, made.expiresAt ?? null, made.uses],
  );
}

/** Those that still let somebody in, the newest first. */
export async function selectInvitations(db: Queries, now: number): Promise<InvitationRow[]> {
  const { rows } = await db.query<InvitationRow>(
    `select token_hash, created_at, expires_at, uses, used
    from invitations
    where used < uses
    and (expires_at is null or expires_at > $1::int8)
    order by created_at desc, token_hash`,
    [now],
  );
  return rows;
}

/** Those whose hash begins so, in hex. */
export async function deleteInvitations(db: Queries, beginning: string): Promise<number> {
  const { rowCount } = await db.query(
    `delete from invitations
    where starts_with(encode(token_hash, 'hex'), $1::text)`,
    [beginning],
  );
  return rowCount ?? 0;
}
