import type { Queries } from "../../db/pool.ts";
import type { ConversationRow } from "./select-conversations.ts";

/** So many rows behind a cursor are looked at for one that the device did not send itself. */
const ROWS_LOOKED_AT = 100;

/**
 * The conversations in which the device has not acknowledged everything that it may read. One where only its own messages
 * are behind its cursor does not count: it has written them, and a device that only sends would be told of them for ever.
 */
export async function selectConversationsBehind(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<ConversationRow[]> {
  const { rows } = await db.query<ConversationRow>(
    `with seen as (
      select
        conversations.conversation_id,
        conversations.kind,
        conversations.incarnation,
        least(conversations.head, member.end_sequence) as head,
        greatest(coalesce(cursors.sequence, 0), member.start_sequence) as cursor,
        coalesce(member.end_roster, conversations.roster_version) as roster_version,
        member.start_roster,
        member.start_sequence,
        member.start_hash,
        member.end_sequence,
        member.role
      from conversation_members as member
      join devices
        on devices.account_id = member.account_id
        and devices.device_id = $2::bytea
        and devices.active
      join conversations using (conversation_id)
      left join cursors
        on cursors.account_id = $1::bytea
        and cursors.device_id = $2::bytea
        and cursors.conversation_id = conversations.conversation_id
      where member.account_id = $1::bytea
    )
    select
      seen.conversation_id,
      seen.kind,
      seen.incarnation,
      seen.head,
      seen.cursor,
      seen.roster_version,
      seen.start_roster,
      seen.start_sequence,
      seen.start_hash,
      seen.end_sequence,
      array(
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = seen.conversation_id
          and seen.role is null
        order by conversation_members.account_id
      ) as members,
      newest_entry.sequence as membership_sequence,
      newest_entry.hash as membership_hash
    from seen
    left join lateral (
      select membership_entries.sequence, membership_entries.hash
      from membership_entries
      where membership_entries.conversation_id = seen.conversation_id
        and membership_entries.log_sequence <= seen.head
      order by membership_entries.sequence desc
      limit 1
    ) as newest_entry on true
    where seen.head > seen.cursor
      and (
        seen.head > seen.cursor + $3::int8
        or exists (
          select
          from log
          where log.conversation_id = seen.conversation_id
            and log.sequence > seen.cursor
            and log.sequence <= seen.head
            and (log.sender_account <> $1::bytea or log.sender_device <> $2::bytea or log.kind = 2)
        )
      )
    order by seen.conversation_id`,
    [accountId, deviceId, ROWS_LOOKED_AT],
  );
  return rows;
}
