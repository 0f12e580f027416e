import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** How a log moves, and from what state of its counter row. */
export interface LogMove {
  readonly conversationId: Uint8Array;
  readonly fromHead: bigint;
  readonly fromHash: Uint8Array;
  readonly rosterVersion: bigint;
  readonly toHead: bigint;
  readonly logHash: Uint8Array;
  /** See SubmitState. */
  readonly writtenBy: number;
}

export interface NewRow {
  readonly conversationId: Uint8Array;
  readonly sequence: bigint;
  readonly messageId: Uint8Array;
  readonly sender: Uint8Array;
  readonly senderDevice: Uint8Array;
  readonly envelopeHash: Uint8Array;
  readonly rowHash: Uint8Array;
  readonly logHash: Uint8Array;
  readonly rosterVersion: number;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly envelope: Uint8Array;
  readonly packedWraps: Uint8Array;
}

/**
 * Appends rows to many logs in one statement, which is a transaction of its own. A log whose counter row is no longer
 * as it was read stays as it is, and its rows are not stored; nor are those of a log in which one of them, as its message
 * id tells, is already. Returns the conversations whose logs have moved.
 *
 * The counter rows are locked in the order of their ids, as everybody locks them. They stay locked until the commit, so
 * within a conversation commits come in the order of sequence numbers, and those are dense.
 */
export async function appendRows(
  db: Queries,
  moves: readonly LogMove[],
  rows: readonly NewRow[],
): Promise<Buffer[]> {
  const moved = await db.query<{ conversation_id: Buffer }>({
    name: "append-rows",
    text: `with resent as materialized (
      select entry.conversation_id
      from unnest($6::bytea[], $9::bytea[], $10::bytea[], $8::bytea[])
        as entry (conversation_id, sender_account, sender_device, message_id)
      -- neither a join nor an equation of all four: of a log that was short once, the planner would read all, which
      -- costs 600 µs a message in a log of hundreds; in this order only the unique key has them
      cross join lateral (
        select
        from log
        where log.conversation_id = entry.conversation_id
          and log.sender_account = entry.sender_account
          and log.sender_device = entry.sender_device
          and log.message_id between entry.message_id and entry.message_id
        order by log.message_id
        limit 1
      ) as earlier
    ),
    moves as materialized (
      select conversations.conversation_id, move.to_head, move.log_hash, move.written_by
      from unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::bytea[], $19::int8[], $20::bytea[])
        as move (conversation_id, from_head, roster_version, to_head, log_hash, written_by, from_hash)
      join conversations on conversations.conversation_id = move.conversation_id
      where conversations.head = move.from_head
        and conversations.log_hash = move.from_hash
        and conversations.roster_version = move.roster_version
        and move.conversation_id not in (select resent.conversation_id from resent)
      order by conversations.conversation_id
      for update of conversations
    ),
    stored as (
      insert into log (
        conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        roster_version, stored_at, expires_at, envelope, wraps
      )
      select entry.*
      from unnest(
        $6::bytea[], $7::int8[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[],
        $14::int8[], $15::int8[], $16::int8[], $17::bytea[], $18::bytea[]
      ) as entry (
        conversation_id, sequence, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        roster_version, stored_at, expires_at, envelope, wraps
      )
      where entry.conversation_id in (select moves.conversation_id from moves)
    )
    update conversations
    set head = moves.to_head, log_hash = moves.log_hash, written_by = moves.written_by::int2
    from moves
    where conversations.conversation_id = moves.conversation_id
    returning conversations.conversation_id`,
    values: [
      byteaArray(moves.map(({ conversationId }) => conversationId)),
      int8Array(moves.map(({ fromHead }) => fromHead)),
      int8Array(moves.map(({ rosterVersion }) => rosterVersion)),
      int8Array(moves.map(({ toHead }) => toHead)),
      byteaArray(moves.map(({ logHash }) => logHash)),
      byteaArray(rows.map(({ conversationId }) => conversationId)),
      int8Array(rows.map(({ sequence }) => sequence)),
      byteaArray(rows.map(({ messageId }) => messageId)),
      byteaArray(rows.map(({ sender }) => sender)),
      byteaArray(rows.map(({ senderDevice }) => senderDevice)),
      byteaArray(rows.map(({ envelopeHash }) => envelopeHash)),
      byteaArray(rows.map(({ rowHash }) => rowHash)),
      byteaArray(rows.map(({ logHash }) => logHash)),
      int8Array(rows.map(({ rosterVersion }) => rosterVersion)),
      int8Array(rows.map(({ storedAt }) => storedAt)),
      int8Array(rows.map(({ expiresAt }) => expiresAt)),
      byteaArray(rows.map(({ envelope }) => envelope)),
      byteaArray(rows.map(({ packedWraps }) => packedWraps)),
      int8Array(moves.map(({ writtenBy }) => writtenBy)),
      byteaArray(moves.map(({ fromHash }) => fromHash)),
    ],
  });
  return moved.rows.map(({ conversation_id }) => conversation_id);
}
