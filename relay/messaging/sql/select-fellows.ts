import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** Those of the direct conversations whose two accounts are in a group together. */
export async function selectFellows(db: Queries, conversationIds: readonly Uint8Array[]): Promise<Buffer[]> {
  const { rows } = await db.query<{ conversation_id: Buffer }>({
    name: "select-fellows",
    text: `select direct.conversation_id
    from unnest($1::bytea[]) as direct (conversation_id)
    join conversation_members as one using (conversation_id)
    join conversation_members as other
      on other.conversation_id = direct.conversation_id
      and other.account_id > one.account_id
    cross join lateral (
      -- not a join: of who is in thousands of groups the planner takes each one's for a few
      select ones.conversation_id
      from conversation_members as ones
      where ones.account_id = one.account_id
        and ones.role is not null
        and ones.end_sequence is null
      intersect
      select others.conversation_id
      from conversation_members as others
      where others.account_id = other.account_id
        and others.role is not null
        and others.end_sequence is null
      limit 1
    ) as group_of_both`,
    values: [byteaArray(conversationIds)],
  });
  return rows.map(({ conversation_id }) => conversation_id);
}
