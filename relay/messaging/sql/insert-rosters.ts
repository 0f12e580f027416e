import type { RosterSlot } from "../../../keys/public.ts";
import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface NewRoster {
  readonly conversationId: Uint8Array;
  readonly version: bigint;
  readonly hash: Uint8Array;
  readonly devices: readonly RosterSlot[];
}

/** A group's roster goes by its newest membership entry. */
export async function insertRosters(transaction: Queries, rosters: readonly NewRoster[]): Promise<void> {
  const slots = rosters.flatMap(({ conversationId, version, devices }) =>
    devices.map((device, slot) => ({ conversationId, version, slot, ...device })),
  );
  await transaction.query(
    `with versions as (
      insert into rosters (conversation_id, version, hash, membership_sequence, membership_hash)
      select roster.conversation_id, roster.version, roster.hash, newest_entry.sequence, newest_entry.hash
      from unnest($1::bytea[], $2::int8[], $3::bytea[]) as roster (conversation_id, version, hash)
      left join lateral (
        select membership_entries.sequence, membership_entries.hash
        from membership_entries
        where membership_entries.conversation_id = roster.conversation_id
        order by membership_entries.sequence desc
        limit 1
      ) as newest_entry on true
    ),
    absences as (
      insert into roster_absences (conversation_id, version, account_id, device_id)
      select roster.conversation_id, roster.version, member.account_id, lapsed.device_id
      from unnest($1::bytea[], $2::int8[]) as roster (conversation_id, version)
      -- neither is a join: few devices have lapsed, and the planner would look through all for them
      cross join lateral (
        select conversation_members.account_id
        from conversation_members
        where conversation_members.conversation_id = roster.conversation_id
          and conversation_members.end_sequence is null
        offset 0
      ) as member
      cross join lateral (
        select devices.device_id
        from devices
        join accounts using (account_id)
        where devices.account_id = member.account_id
          and devices.lapsed_at is not null
          and (devices.active or accounts.deleted_at is not null)
        offset 0
      ) as lapsed
    )
    insert into roster_slots (conversation_id, version, slot, account_id, device_id)
    select conversation_id, version, slot::int4, account_id, device_id
    from unnest($4::bytea[], $5::int8[], $6::int8[], $7::bytea[], $8::bytea[])
      as place (conversation_id, version, slot, account_id, device_id)`,
    [
      byteaArray(rosters.map(({ conversationId }) => conversationId)),
      int8Array(rosters.map(({ version }) => version)),
      byteaArray(rosters.map(({ hash }) => hash)),
      byteaArray(slots.map(({ conversationId }) => conversationId)),
      int8Array(slots.map(({ version }) => version)),
      int8Array(slots.map(({ slot }) => slot)),
      byteaArray(slots.map(({ accountId }) => accountId)),
      byteaArray(slots.map(({ deviceId }) => deviceId)),
    ],
  );
}
