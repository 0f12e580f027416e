import type { DeviceOfAccount } from "../../auth/sql/device-standing.ts";
import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";
import type { ConversationRow } from "./select-conversations.ts";

/** So many rows behind a cursor are looked at for one that the device did not send itself. */
const ROWS_LOOKED_AT = 100;

export interface DeviceBehind extends DeviceOfAccount {
  /** The newest restore of the relay that it has heard of. */
  readonly restoredKnown: bigint;
}

/**
 * Of each device the conversations in which it has not acknowledged everything that it may read. One where only its own messages
 * are behind its cursor does not count: it has written them, and a device that only sends would be told of them for ever.
 * Those that were put back to an older state since `restoredKnown` count always, with the first cut that the device has
 * not heard of: up to there its log is everybody's.
 * A device that was added later is told of all that its account is in, until it acknowledges where it begins.
 */
export async function selectConversationsBehind(
  db: Queries,
  devices: readonly DeviceBehind[],
): Promise<ConversationRow[][]> {
  const { rows } = await db.query<ConversationRow & { readonly place: number }>({
    name: "select-conversations-behind",
    text: `with seen as (
      select
        asked.place::int4 as place,
        asked.account_id,
        asked.device_id,
        asked.restored_known,
        conversations.conversation_id,
        conversations.kind,
        conversations.incarnation,
        least(conversations.head, member.end_sequence) as head,
        greatest(coalesce(cursors.sequence, 0), start.sequence) as cursor,
        coalesce(member.end_roster, conversations.roster_version) as roster_version,
        member.start_roster,
        start.sequence as start_sequence,
        start.hash as start_hash,
        member.end_sequence,
        conversations.restored_at,
        conversations.restored_sequence,
        conversations.restored_hash,
        conversations.first_hash,
        member.role,
        device_starts.start_sequence is not null and cursors.sequence is null as is_new
      from unnest($1::bytea[], $2::bytea[], $3::int8[])
        with ordinality as asked (account_id, device_id, restored_known, place)
      join devices
        on devices.account_id = asked.account_id
        and devices.device_id = asked.device_id
        and devices.active
      join conversation_members as member
        on member.account_id = asked.account_id
      join conversations using (conversation_id)
      left join cursors
        on cursors.account_id = asked.account_id
        and cursors.device_id = asked.device_id
        and cursors.conversation_id = conversations.conversation_id
      left join device_starts
        on device_starts.account_id = asked.account_id
        and device_starts.device_id = asked.device_id
        and device_starts.conversation_id = conversations.conversation_id
      cross join lateral (
        select
          greatest(member.start_sequence, coalesce(device_starts.start_sequence, 0)) as sequence,
          case
            when device_starts.start_sequence > member.start_sequence then device_starts.start_hash
            else member.start_hash
          end as hash
      ) as start
      where member.end_sequence is null
        or start.sequence < member.end_sequence
    )
    select
      seen.place,
      seen.conversation_id,
      seen.kind,
      seen.incarnation,
      seen.head,
      seen.cursor,
      seen.roster_version,
      seen.start_roster,
      seen.start_sequence,
      seen.start_hash,
      start_entry.sequence as start_entry_sequence,
      start_entry.hash as start_entry_hash,
      seen.end_sequence,
      coalesce(cut.sequence, seen.restored_sequence) as restored_sequence,
      coalesce(cut.hash, seen.restored_hash) as restored_hash,
      seen.first_hash,
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
    left join lateral (
      select membership_entries.sequence, membership_entries.hash
      from membership_entries
      where membership_entries.conversation_id = seen.conversation_id
        and membership_entries.log_sequence <= seen.start_sequence
      order by membership_entries.log_sequence desc
      limit 1
    ) as start_entry on true
    left join lateral (
      select conversation_cuts.sequence, conversation_cuts.hash
      from conversation_cuts
      where conversation_cuts.conversation_id = seen.conversation_id
        and conversation_cuts.restored_at > seen.restored_known
      order by conversation_cuts.sequence
      limit 1
    ) as cut on true
    where (seen.head > seen.cursor or seen.is_new or seen.restored_at > seen.restored_known)
      and (
        seen.is_new
        or seen.restored_at > seen.restored_known
        or seen.head > seen.cursor + $4::int8
        or exists (
          select
          from log
          where log.conversation_id = seen.conversation_id
            and log.sequence > seen.cursor
            and log.sequence <= seen.head
            and (log.sender_account <> seen.account_id or log.sender_device <> seen.device_id or log.kind = 2)
        )
      )
    order by seen.place, seen.conversation_id`,
    values: [
      byteaArray(devices.map(({ accountId }) => accountId)),
      byteaArray(devices.map(({ deviceId }) => deviceId)),
      int8Array(devices.map(({ restoredKnown }) => restoredKnown)),
      ROWS_LOOKED_AT,
    ],
  });
  const behind: ConversationRow[][] = devices.map(() => []);
  for (const row of rows) behind[row.place - 1]?.push(row);
  return behind;
}
