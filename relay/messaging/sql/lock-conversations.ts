import type { Queries } from "../../db/pool.ts";

export type LockedConversation = {
  readonly conversation_id: Buffer;
  readonly roster_version: bigint;
};

/**
 * All conversations that an account is in, locked until commit. In the order of their ids, as everybody locks them, so that two
 * transactions never wait for each other.
 */
export async function lockConversations(
  transaction: Queries,
  accountId: Uint8Array,
): Promise<LockedConversation[]> {
  const { rows } = await transaction.query<LockedConversation>(
    `select conversations.conversation_id, conversations.roster_version
    from conversation_members
    join conversations using (conversation_id)
    where conversation_members.account_id = $1::bytea
      and conversation_members.end_sequence is null
    order by conversations.conversation_id
    for update of conversations`,
    [accountId],
  );
  return rows;
}
