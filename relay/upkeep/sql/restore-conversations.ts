import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type RestorableRow = {
  readonly conversation_id: Buffer;
  readonly incarnation: Buffer;
  /** Known if it was put back before. */
  readonly first_hash: Buffer | null;
};

/** Conversations behind an id, in the order of their ids. */
export async function selectRestorable(
  db: Queries,
  after: Uint8Array,
  limit: number,
): Promise<RestorableRow[]> {
  const { rows } = await db.query<RestorableRow>(
    `select conversation_id, incarnation, first_hash
    from conversations
    where conversation_id > $1::bytea
    order by conversation_id
    limit $2::int8`,
    [after, limit],
  );
  return rows;
}

export interface Restored {
  readonly conversationId: Uint8Array;
  readonly incarnation: Uint8Array;
  readonly firstHash: Uint8Array;
}

/** From their heads on, these logs are other incarnations. */
export async function restoreConversations(
  db: Queries,
  restored: readonly Restored[],
  now: number,
): Promise<void> {
  await db.query(
    `with cut as (
      update conversations
      set incarnation = restored.incarnation,
        first_hash = restored.first_hash,
        restored_at = $4::int8,
        restored_sequence = conversations.head,
        restored_hash = conversations.log_hash
      from unnest($1::bytea[], $2::bytea[], $3::bytea[]) as restored (conversation_id, incarnation, first_hash)
      where conversations.conversation_id = restored.conversation_id
      returning conversations.conversation_id, conversations.restored_sequence, conversations.restored_hash
    )
    insert into conversation_cuts (conversation_id, restored_at, sequence, hash)
    select conversation_id, $4::int8, restored_sequence, restored_hash
    from cut
    where restored_hash is not null
    on conflict do nothing`,
    [
      byteaArray(restored.map(({ conversationId }) => conversationId)),
      byteaArray(restored.map(({ incarnation }) => incarnation)),
      byteaArray(restored.map(({ firstHash }) => firstHash)),
      now,
    ],
  );
}

/** When it was last dealt with that the database was put back, in milliseconds since 1970; 0: never. */
export async function selectLastRestored(db: Queries): Promise<number> {
  const { rows } = await db.query<{ restored_at: bigint | null }>(
    `select max(restored_at) as restored_at
    from conversations
    where restored_at > 0`,
  );
  return Number(rows[0]?.restored_at ?? 0n);
}

/** Pairs that may have been handed out since: all of them, however many. */
export async function forgetPairs(db: Queries): Promise<void> {
  await db.query("truncate one_time_prekeys");
}
