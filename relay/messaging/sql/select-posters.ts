import type { Queries } from "../../db/pool.ts";

export type PostersRow = {
  readonly roster_version: bigint;
  /** Members whose role permits them to post. */
  readonly posters: Buffer[];
};

export async function selectPosters(
  db: Queries,
  conversationId: Uint8Array,
): Promise<PostersRow | undefined> {
  const { rows } = await db.query<PostersRow>(
    `select
      conversations.roster_version,
      array(
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = conversations.conversation_id
          and conversation_members.end_sequence is null
          and coalesce(conversation_members.role, 0) >= coalesce(memberships.post_role, 0)
      ) as posters
    from conversations
    left join memberships using (conversation_id)
    where conversations.conversation_id = $1::bytea`,
    [conversationId],
  );
  return rows[0];
}
