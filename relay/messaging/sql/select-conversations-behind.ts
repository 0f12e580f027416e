import type { Queries } from "../../db/pool.ts";
import type { ConversationRow } from "./select-conversations.ts";

/** So many rows behind a cursor are looked at for one that the device did not send itself. */
const ROWS_LOOKED_AT = 100;

/**
 * The conversations in which the device has not acknowledged everything. One where only its own messages are behind its
 * cursor does not count: it has written them, and a device that only sends would be told of them for ever.
 */
export async function selectConversationsBehind(
  db: Queries,
  accountId: Uint8Array,
  deviceId: Uint8Array,
): Promise<ConversationRow[]> {
  const { rows } = await db.query<ConversationRow>(
    `with behind as (
      select
        conversations.*,
        coalesce(cursors.sequence, 0) as cursor
      from conversation_members
      join conversations using (conversation_id)
      left join cursors
        on cursors.account_id = $1::bytea
        and cursors.device_id = $2::bytea
        and cursors.conversation_id = conversations.conversation_id
      where conversation_members.account_id = $1::bytea
        and conversations.head > coalesce(cursors.sequence, 0)
    )
    select
      behind.conversation_id,
      behind.kind,
      behind.incarnation,
      behind.head,
      behind.cursor,
      behind.roster_version,
      array(
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = behind.conversation_id
        order by conversation_members.account_id
      ) as members
    from behind
    where exists (
        select
        from roster_slots
        where roster_slots.conversation_id = behind.conversation_id
          and roster_slots.version = behind.roster_version
          and roster_slots.account_id = $1::bytea
          and roster_slots.device_id = $2::bytea
      )
      and (
        behind.head > behind.cursor + $3::int8
        or exists (
          select
          from log
          where log.conversation_id = behind.conversation_id
            and log.sequence > behind.cursor
            and (log.sender_account <> $1::bytea or log.sender_device <> $2::bytea)
        )
      )
    order by behind.conversation_id`,
    [accountId, deviceId, ROWS_LOOKED_AT],
  );
  return rows;
}
