import type { Queries } from "../../db/pool.ts";

export interface StoredMembership {
  readonly conversationId: Uint8Array;
  /** Of a room. */
  readonly name: string | null;
  readonly postRole: number;
  readonly state: Uint8Array;
  /** Of a checkpoint: what it speaks of. */
  readonly checkpointState: Uint8Array | null;
}

export async function upsertMembership(transaction: Queries, stored: StoredMembership): Promise<void> {
  await transaction.query(
    `insert into memberships as held (conversation_id, name, post_role, state, checkpoint_state)
    values ($1::bytea, $2::text, $3::int2, $4::bytea, $5::bytea)
    on conflict (conversation_id) do update
    set name = excluded.name,
      post_role = excluded.post_role,
      state = excluded.state,
      checkpoint_state = coalesce(excluded.checkpoint_state, held.checkpoint_state)`,
    [stored.conversationId, stored.name, stored.postRole, stored.state, stored.checkpointState],
  );
}
