import { compare } from "../../../keys/public.ts";
import { byteaArray, int8Array, packedArray } from "../../db/binary-arrays.ts";
import { isDuplicate, type Queries } from "../../db/pool.ts";

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

/** What the values of fixed width are together: each array more that is unnested costs PostgreSQL 20 µs a statement. */
const MOVE_BYTES = 32 + 32 + 32;
const ROW_BYTES = 32 + 16 + 32 + 16 + 32 + 32 + 32;

/**
 * Appends rows to many logs in one statement, which is a transaction of its own. A log whose counter row is no longer
 * as it was read stays as it is, and its rows are not stored. Where a message, as its id tells, is in its log already,
 * nothing is stored at all: to look for each of them first would make the statement a quarter longer. Returns the moves
 * that were made; undefined where a message was in its log already.
 *
 * The counter rows are locked in the order of their ids, as everybody locks them. They stay locked until the commit, so
 * within a conversation commits come in the order of sequence numbers, and those are dense.
 */
export async function appendRows(
  db: Queries,
  moves: readonly LogMove[],
  rows: readonly NewRow[],
): Promise<readonly LogMove[] | undefined> {
  const inOrder = moves.toSorted(byConversation);
  try {
    const places = await append(db, inOrder, rows);
    return places === undefined ? inOrder : inOrder.filter((_, place) => places.has(place + 1));
  } catch (error) {
    if (isDuplicate(error)) return undefined;
    throw error;
  }
}

/**
 * The places of the moves that were made, from 1; undefined: all. Each move's counter row is found by its id, one after
 * the other: in their order here they are locked.
 */
async function append(
  db: Queries,
  moves: readonly LogMove[],
  rows: readonly NewRow[],
): Promise<ReadonlySet<number> | undefined> {
  const { rows: moved } = await db.query<{ places: readonly number[] | null }>({
    name: "append-rows",
    text: `with moved as (
      update conversations
      set head = move.to_head, log_hash = move.log_hash, written_by = move.written_by::int2
      from (
        select
          substr(fixed, 1, 32) as conversation_id,
          substr(fixed, 33, 32) as from_hash,
          substr(fixed, 65, 32) as log_hash,
          from_head, roster_version, to_head, written_by, place
        from unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::int8[])
          with ordinality as packed (fixed, from_head, roster_version, to_head, written_by, place)
      ) as move
      where conversations.conversation_id = move.conversation_id
        and conversations.head = move.from_head
        and conversations.log_hash = move.from_hash
        and conversations.roster_version = move.roster_version
      returning conversations.conversation_id, move.place
    ),
    stored as (
      insert into log (
        conversation_id, message_id, sender_account, sender_device, envelope_hash, row_hash, log_hash,
        sequence, roster_version, stored_at, expires_at, envelope, wraps
      )
      select entry.*
      from (
        select
          substr(fixed, 1, 32) as conversation_id,
          substr(fixed, 33, 16) as message_id,
          substr(fixed, 49, 32) as sender_account,
          substr(fixed, 81, 16) as sender_device,
          substr(fixed, 97, 32) as envelope_hash,
          substr(fixed, 129, 32) as row_hash,
          substr(fixed, 161, 32) as log_hash,
          sequence, roster_version, stored_at, expires_at, envelope, wraps
        from unnest($6::bytea[], $7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::bytea[], $12::bytea[])
          as packed (fixed, sequence, roster_version, stored_at, expires_at, envelope, wraps)
      ) as entry
      where entry.conversation_id in (select moved.conversation_id from moved)
    )
    -- mostly all are
    select case when count(*) < $13::int8 then coalesce(array_agg(moved.place::int4), '{}') end as places
    from moved`,
    values: [
      packedArray(MOVE_BYTES, moves, ({ conversationId, fromHash, logHash }) => [
        conversationId,
        fromHash,
        logHash,
      ]),
      int8Array(moves.map(({ fromHead }) => fromHead)),
      int8Array(moves.map(({ rosterVersion }) => rosterVersion)),
      int8Array(moves.map(({ toHead }) => toHead)),
      int8Array(moves.map(({ writtenBy }) => writtenBy)),
      packedArray(ROW_BYTES, rows, (row) => [
        row.conversationId,
        row.messageId,
        row.sender,
        row.senderDevice,
        row.envelopeHash,
        row.rowHash,
        row.logHash,
      ]),
      int8Array(rows.map(({ sequence }) => sequence)),
      int8Array(rows.map(({ rosterVersion }) => rosterVersion)),
      int8Array(rows.map(({ storedAt }) => storedAt)),
      int8Array(rows.map(({ expiresAt }) => expiresAt)),
      byteaArray(rows.map(({ envelope }) => envelope)),
      byteaArray(rows.map(({ packedWraps }) => packedWraps)),
      moves.length,
    ],
  });
  const places = moved[0]?.places;
  return places === null ? undefined : new Set(places);
}

function byConversation(one: LogMove, other: LogMove): number {
  return compare(one.conversationId, other.conversationId);
}
