import type { Queries } from "../../db/pool.ts";

/** The entries of a membership chain from `from` to `to`, until they come to `maxBytes`; one at least. */
export async function selectEntries(
  db: Queries,
  conversationId: Uint8Array,
  { from, to, maxBytes }: { readonly from: number; readonly to: number; readonly maxBytes: number },
): Promise<Buffer[]> {
  const { rows } = await db.query<{ entry: Buffer }>(
    `select measured.entry
    from (
      select
        membership_entries.sequence,
        log.envelope as entry,
        octet_length(log.envelope) as size,
        sum(octet_length(log.envelope)) over (order by membership_entries.sequence) as total
      from membership_entries
      join log
        on log.conversation_id = membership_entries.conversation_id
        and log.sequence = membership_entries.log_sequence
      where membership_entries.conversation_id = $1::bytea
        and membership_entries.sequence between $2::int8 and $3::int8
    ) as measured
    where measured.total - measured.size < $4::int8
    order by measured.sequence`,
    [conversationId, from, to, maxBytes],
  );
  return rows.map(({ entry }) => entry);
}

/** The create entry and all checkpoints up to `to`, oldest first. */
export async function selectCheckpoints(
  db: Queries,
  conversationId: Uint8Array,
  to: number,
): Promise<Buffer[]> {
  const { rows } = await db.query<{ entry: Buffer }>(
    `select log.envelope as entry
    from membership_entries
    join log
      on log.conversation_id = membership_entries.conversation_id
      and log.sequence = membership_entries.log_sequence
    where membership_entries.conversation_id = $1::bytea
      and membership_entries.checkpoint
      and membership_entries.sequence <= $2::int8
    order by membership_entries.sequence`,
    [conversationId, to],
  );
  return rows.map(({ entry }) => entry);
}
