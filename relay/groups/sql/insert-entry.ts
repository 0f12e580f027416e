import type { Queries } from "../../db/pool.ts";

export interface EntryRow {
  readonly conversationId: Uint8Array;
  /** In the membership chain. */
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly checkpoint: boolean;
  readonly entry: Uint8Array;
  readonly signer: Uint8Array;
  readonly signerDevice: Uint8Array;
  /** In the log. */
  readonly logSequence: bigint;
  readonly rowHash: Uint8Array;
  readonly logHash: Uint8Array;
  readonly rosterVersion: bigint;
  readonly storedAt: number;
}

/** Appends the entry to the log of a conversation that the transaction holds the lock on. */
export async function insertEntry(transaction: Queries, row: EntryRow): Promise<void> {
  await transaction.query(
    `with moved as (
      update conversations
      set head = $2::int8, log_hash = $3::bytea
      where conversation_id = $1::bytea
    ),
    stored as (
      insert into log (
        conversation_id, sequence, kind, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        roster_version, stored_at, expires_at, envelope, wraps
      )
      values (
        $1::bytea, $2::int8, 2, $4::bytea, $5::bytea, $6::bytea, $7::bytea, $3::bytea,
        $8::int8, $9::int8, 0, $10::bytea, ''
      )
    )
    insert into membership_entries (conversation_id, sequence, hash, checkpoint, log_sequence)
    values ($1::bytea, $11::int8, $6::bytea, $12::bool, $2::int8)`,
    [
      row.conversationId,
      row.logSequence,
      row.logHash,
      row.signer,
      row.signerDevice,
      row.hash,
      row.rowHash,
      row.rosterVersion,
      row.storedAt,
      row.entry,
      row.sequence,
      row.checkpoint,
    ],
  );
}
