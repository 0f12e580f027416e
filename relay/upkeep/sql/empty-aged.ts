import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../../db/pool.ts";

/**
 * Empties messages that were stored before, at most so many, the oldest first; membership entries stay, since who is in a
 * group follows from all of them. Returns how many. `before`: milliseconds since 1970.
 */
export async function emptyAged(db: Queries, before: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with aged as materialized (
      select log.conversation_id, log.sequence
      from log
      where log.stub = 0
        and log.kind = 1
        and log.stored_at < $1::int8
      order by log.stored_at
      limit ${limit}
      for update skip locked
    )
    update log
    set stub = $2::int2, envelope = '', wraps = ''
    from aged
    where log.conversation_id = aged.conversation_id
      and log.sequence = aged.sequence`,
    [before, StubReason.RETENTION],
  );
  return rowCount ?? 0;
}
