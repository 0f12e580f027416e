import type { Queries } from "../../db/pool.ts";

export type MembershipRow = {
  readonly state: Buffer;
  readonly checkpoint_state: Buffer | null;
};

export async function selectMembership(
  db: Queries,
  conversationId: Uint8Array,
): Promise<MembershipRow | undefined> {
  const { rows } = await db.query<MembershipRow>(
    `select state, checkpoint_state
    from memberships
    where conversation_id = $1::bytea`,
    [conversationId],
  );
  return rows[0];
}
