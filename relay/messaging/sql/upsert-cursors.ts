import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface Acknowledged {
  readonly accountId: Uint8Array;
  readonly deviceId: Uint8Array;
  readonly conversationId: Uint8Array;
  readonly sequence: bigint;
}

/**
 * Moves cursors forward: never back, never beyond what may be read, and only of active devices of those who are or were
 * in the conversation. No cursor may be in twice.
 */
export async function upsertCursors(db: Queries, acknowledged: readonly Acknowledged[]): Promise<void> {
  await db.query({
    name: "upsert-cursors",
    text: `insert into cursors (account_id, device_id, conversation_id, sequence)
    select
      acknowledged.account_id,
      acknowledged.device_id,
      acknowledged.conversation_id,
      least(acknowledged.sequence, conversations.head, conversation_members.end_sequence)
    from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int8[])
      as acknowledged (account_id, device_id, conversation_id, sequence)
    join conversations using (conversation_id)
    join conversation_members using (account_id, conversation_id)
    join devices
      on devices.account_id = acknowledged.account_id
      and devices.device_id = acknowledged.device_id
      and devices.active
    where least(acknowledged.sequence, conversations.head) > 0
    order by acknowledged.account_id, acknowledged.device_id, acknowledged.conversation_id
    on conflict (account_id, device_id, conversation_id) do update
    set sequence = excluded.sequence
    where cursors.sequence < excluded.sequence`,
    values: [
      byteaArray(acknowledged.map(({ accountId }) => accountId)),
      byteaArray(acknowledged.map(({ deviceId }) => deviceId)),
      byteaArray(acknowledged.map(({ conversationId }) => conversationId)),
      int8Array(acknowledged.map(({ sequence }) => sequence)),
    ],
  });
}
