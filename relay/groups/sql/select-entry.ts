import type { Queries } from "../../db/pool.ts";

export type PlacedEntry = {
  readonly hash: Buffer;
  readonly log_sequence: bigint;
  readonly log_hash: Buffer;
};

/** The entry that has this number in the membership chain, and where it stands in the log. */
export async function selectEntry(
  db: Queries,
  conversationId: Uint8Array,
  sequence: number,
): Promise<PlacedEntry | undefined> {
  const { rows } = await db.query<PlacedEntry>(
    `select membership_entries.hash, membership_entries.log_sequence, log.log_hash
    from membership_entries
    join log
      on log.conversation_id = membership_entries.conversation_id
      and log.sequence = membership_entries.log_sequence
    where membership_entries.conversation_id = $1::bytea
      and membership_entries.sequence = $2::int8`,
    [conversationId, sequence],
  );
  return rows[0];
}
