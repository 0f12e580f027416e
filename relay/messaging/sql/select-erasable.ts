import type { Queries } from "../../db/pool.ts";

export type ErasableRow = {
  /** Of the caller in the conversation, as in keys/SPEC.md "membership"; null in a direct conversation. */
  readonly role: number | null;
  /** Null: there is no message with that number. */
  readonly sender_account: Buffer | null;
};

/** A message as somebody in its conversation may erase it; nothing when he is not in there. */
export async function selectErasable(
  db: Queries,
  accountId: Uint8Array,
  conversationId: Uint8Array,
  sequence: bigint,
): Promise<ErasableRow | undefined> {
  const { rows } = await db.query<ErasableRow>(
    `select conversation_members.role, log.sender_account
    from conversation_members
    left join log
      on log.conversation_id = conversation_members.conversation_id
      and log.sequence = $3::int8
      and log.kind = 1
    where conversation_members.account_id = $1::bytea
      and conversation_members.conversation_id = $2::bytea
      and conversation_members.end_sequence is null`,
    [accountId, conversationId, sequence],
  );
  return rows[0];
}
