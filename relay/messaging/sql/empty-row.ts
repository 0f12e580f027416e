import type { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../../db/pool.ts";

/** A row that is a stub already stays as it is. */
export async function emptyRow(
  db: Queries,
  conversationId: Uint8Array,
  sequence: bigint,
  reason: StubReason,
): Promise<void> {
  await db.query(
    `update log
    set stub = $3::int2, envelope = '', wraps = ''
    where conversation_id = $1::bytea
      and sequence = $2::int8
      and stub = 0`,
    [conversationId, sequence, reason],
  );
}
