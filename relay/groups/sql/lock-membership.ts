import type { Queries } from "../../db/pool.ts";

export type LockedMembership = {
  readonly head: bigint;
  readonly log_hash: Buffer;
  readonly roster_version: bigint;
  readonly last_removal_version: bigint;
  /** Null: a direct conversation. */
  readonly state: Buffer | null;
};

/** A conversation and its membership, which nobody else changes until commit; undefined: there is none. */
export async function lockMembership(
  transaction: Queries,
  conversationId: Uint8Array,
): Promise<LockedMembership | undefined> {
  // Submits hold this lock for one statement each, and who waits for it is served in turn: no stream of submits, however
  // dense, keeps an entry out.
  const { rows } = await transaction.query<Omit<LockedMembership, "state">>(
    `select head, log_hash, roster_version, last_removal_version
    from conversations
    where conversation_id = $1::bytea
    for update`,
    [conversationId],
  );
  const [locked] = rows;
  if (locked === undefined) return undefined;
  // A statement of its own: only behind the lock does it see what the one before has committed.
  const memberships = await transaction.query<{ state: Buffer }>(
    `select state
    from memberships
    where conversation_id = $1::bytea`,
    [conversationId],
  );
  return { ...locked, state: memberships.rows[0]?.state ?? null };
}
