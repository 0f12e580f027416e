// Rows with the columns and indexes of the log, and nothing else done for them.
import type { Queries } from "../../relay/db/pool.ts";

/** Arrays of equal length, as PostgreSQL takes them (relay/db/binary-arrays.ts). */
export interface BareColumns {
  readonly conversationIds: Buffer;
  readonly sequences: Buffer;
  readonly messageIds: Buffer;
  readonly senders: Buffer;
  readonly senderDevices: Buffer;
  readonly envelopeHashes: Buffer;
  readonly rowHashes: Buffer;
  readonly logHashes: Buffer;
  readonly rosterVersions: Buffer;
  readonly storedAt: Buffer;
  readonly expiresAt: Buffer;
  readonly envelopes: Buffer;
  readonly wraps: Buffer;
}

/** What PostgreSQL does for it afterwards would fall into what is measured next. */
export async function makeBareTable(database: Queries): Promise<void> {
  await database.query(
    "create table if not exists bench_log (like log including all) with (autovacuum_enabled = off)",
  );
}

/** Durable when it resolves. */
export async function insertBareRows(database: Queries, columns: BareColumns): Promise<void> {
  await database.query({
    name: "bench-insert",
    text: `insert into bench_log (
      conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
      roster_version, stored_at, expires_at, envelope, wraps
    )
    select *
    from unnest(
      $1::bytea[], $2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
      $9::int8[], $10::int8[], $11::int8[], $12::bytea[], $13::bytea[]
    )`,
    values: [
      columns.conversationIds,
      columns.sequences,
      columns.messageIds,
      columns.senders,
      columns.senderDevices,
      columns.envelopeHashes,
      columns.rowHashes,
      columns.logHashes,
      columns.rosterVersions,
      columns.storedAt,
      columns.expiresAt,
      columns.envelopes,
      columns.wraps,
    ],
  });
}
