import type { Queries } from "../../db/pool.ts";

export interface EntryRange {
  /** In the membership chain, both included. */
  readonly from: number;
  readonly to: number;
  readonly maxBytes: number;
}

/** Of one without content: a page reads no more rows than can be on it, however long the range. */
const MIN_ENTRY_BYTES = 242;

/** The entries of a range, until they come to `maxBytes`; one at least. */
export function selectEntries(db: Queries, conversationId: Uint8Array, range: EntryRange): Promise<Buffer[]> {
  return select(db, conversationId, range, "");
}

/** Only the create entry and the checkpoints of a range. */
export function selectCheckpoints(
  db: Queries,
  conversationId: Uint8Array,
  range: EntryRange,
): Promise<Buffer[]> {
  return select(db, conversationId, range, "and membership_entries.checkpoint");
}

async function select(
  db: Queries,
  conversationId: Uint8Array,
  { from, to, maxBytes }: EntryRange,
  only: "" | "and membership_entries.checkpoint",
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
        ${only}
      order by membership_entries.sequence
      limit $5::int8
    ) as measured
    where measured.total - measured.size < $4::int8
    order by measured.sequence`,
    [conversationId, from, to, maxBytes, Math.ceil(maxBytes / MIN_ENTRY_BYTES) + 1],
  );
  return rows.map(({ entry }) => entry);
}
