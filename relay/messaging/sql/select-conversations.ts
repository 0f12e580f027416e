import type { ConversationKind } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** A conversation as one of its devices sees it: of somebody who has left, as it was when he did. */
export type ConversationRow = {
  readonly conversation_id: Buffer;
  readonly kind: ConversationKind;
  readonly incarnation: Buffer;
  readonly head: bigint;
  readonly cursor: bigint;
  readonly roster_version: bigint;
  /** The oldest roster that what the device may read can be sealed for. */
  readonly start_roster: bigint;
  readonly start_sequence: bigint;
  readonly start_hash: Buffer | null;
  /** The membership there; null at 0 and in a direct conversation. */
  readonly start_entry_sequence: bigint | null;
  readonly start_entry_hash: Buffer | null;
  readonly end_sequence: bigint | null;
  /** Since the database was put back: up to where the log is as before, and h_0. Null: it never was. */
  readonly restored_sequence: bigint;
  readonly restored_hash: Buffer | null;
  readonly first_hash: Buffer | null;
  /** Of a direct conversation; otherwise empty. */
  readonly members: Buffer[];
  /** Null in a direct conversation. */
  readonly membership_sequence: bigint | null;
  readonly membership_hash: Buffer | null;
};

/** Those of the conversations that the device's account is in, or was when it had that device. */
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
      least(conversations.head, member.end_sequence) as head,
      greatest(coalesce(cursors.sequence, 0), start.sequence) as cursor,
      coalesce(member.end_roster, conversations.roster_version) as roster_version,
      member.start_roster,
      start.sequence as start_sequence,
      start.hash as start_hash,
      start_entry.sequence as start_entry_sequence,
      start_entry.hash as start_entry_hash,
      member.end_sequence,
      conversations.restored_sequence,
      conversations.restored_hash,
      conversations.first_hash,
      array(
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = conversations.conversation_id
          and member.role is null
        order by conversation_members.account_id
      ) as members,
      newest_entry.sequence as membership_sequence,
      newest_entry.hash as membership_hash
    from unnest($3::bytea[]) as wanted (conversation_id)
    join conversations using (conversation_id)
    join conversation_members as member
      on member.account_id = $1::bytea
      and member.conversation_id = conversations.conversation_id
    join devices
      on devices.account_id = $1::bytea
      and devices.device_id = $2::bytea
      and devices.active
    left join device_starts
      on device_starts.account_id = $1::bytea
      and device_starts.device_id = $2::bytea
      and device_starts.conversation_id = conversations.conversation_id
    cross join lateral (
      select
        greatest(member.start_sequence, coalesce(device_starts.start_sequence, 0)) as sequence,
        case
          when device_starts.start_sequence > member.start_sequence then device_starts.start_hash
          else member.start_hash
        end as hash
    ) as start
    left join lateral (
      select membership_entries.sequence, membership_entries.hash
      from membership_entries
      where membership_entries.conversation_id = conversations.conversation_id
        and membership_entries.log_sequence <= start.sequence
      order by membership_entries.log_sequence desc
      limit 1
    ) as start_entry on true
    left join lateral (
      select membership_entries.sequence, membership_entries.hash
      from membership_entries
      where membership_entries.conversation_id = conversations.conversation_id
        and membership_entries.log_sequence <= least(conversations.head, member.end_sequence)
      order by membership_entries.sequence desc
      limit 1
    ) as newest_entry on true
    left join cursors
      on cursors.account_id = $1::bytea
      and cursors.device_id = $2::bytea
      and cursors.conversation_id = conversations.conversation_id
    where member.end_sequence is null or start.sequence < member.end_sequence
    order by conversations.conversation_id`,
    [accountId, deviceId, byteaArray(conversationIds)],
  );
  return rows;
}
