import type { ConversationKind } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** A conversation as one of its devices sees it. */
export type ConversationRow = {
  readonly conversation_id: Buffer;
  readonly kind: ConversationKind;
  readonly incarnation: Buffer;
  readonly head: bigint;
  readonly cursor: bigint;
  readonly roster_version: bigint;
  readonly members: Buffer[];
};

/** Those of the conversations that the device is in. */
export async function selectConversations(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
  conversationIds: readonly Uint8Array[],
): Promise<ConversationRow[]> {
  const { rows } = await db.query<ConversationRow>(
    `select
      conversations.conversation_id,
      conversations.kind,
      conversations.incarnation,
      conversations.head,
      coalesce(cursors.sequence, 0) as cursor,
      conversations.roster_version,
      array(
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = conversations.conversation_id
        order by conversation_members.account_id
      ) as members
    from unnest($3::bytea[]) as wanted (conversation_id)
    join conversations using (conversation_id)
    join roster_slots
      on roster_slots.conversation_id = conversations.conversation_id
      and roster_slots.version = conversations.roster_version
      and roster_slots.account_id = $1::bytea
      and roster_slots.device_id = $2::bytea
    left join cursors
      on cursors.account_id = $1::bytea
      and cursors.device_id = $2::bytea
      and cursors.conversation_id = conversations.conversation_id
    order by conversations.conversation_id`,
    [accountId, deviceId, byteaArray(conversationIds)],
  );
  return rows;
}
