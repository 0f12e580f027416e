import type { Queries } from "../../db/pool.ts";

/** Whether the account is or was in the conversation. */
export async function wasEverMember(
  db: Queries,
  conversationId: Uint8Array,
  accountId: Uint8Array,
): Promise<boolean> {
  const { rows } = await db.query(
    `select
    from conversation_members
    where conversation_id = $1::bytea
      and account_id = $2::bytea`,
    [conversationId, accountId],
  );
  return rows.length > 0;
}
