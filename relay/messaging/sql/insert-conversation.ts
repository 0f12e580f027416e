import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface NewConversation {
  readonly conversationId: Uint8Array;
  readonly kind: number;
  readonly incarnation: Uint8Array;
  readonly openedBy: Uint8Array;
  readonly openedAt: number;
  /** h_0. */
  readonly logHash: Uint8Array;
  readonly members: readonly Uint8Array[];
}

/** With roster version 1, which the caller adds. False: it was there already. */
export async function insertConversation(
  transaction: Queries,
  conversation: NewConversation,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `with opened as (
      insert into conversations (
        conversation_id, kind, incarnation, opened_by, opened_at, log_hash, roster_version, last_removal_version,
        written_by
      )
      values ($1::bytea, $2::int2, $3::bytea, $4::bytea, $5::int8, $6::bytea, 1, 1, $8::int2)
      on conflict (conversation_id) do nothing
      returning conversation_id
    )
    insert into conversation_members (conversation_id, account_id)
    select opened.conversation_id, member.account_id
    from opened, unnest($7::bytea[]) as member (account_id)`,
    [
      conversation.conversationId,
      conversation.kind,
      conversation.incarnation,
      conversation.openedBy,
      conversation.openedAt,
      conversation.logHash,
      byteaArray(conversation.members),
      // In a conversation with oneself there is nobody to answer.
      conversation.members.length === 1 ? 3 : 0,
    ],
  );
  return (rowCount ?? 0) > 0;
}
