import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../../db/pool.ts";

/** Empties rows whose time has run out, at most so many, the oldest first. Returns how many. `now`: seconds since 1970. */
export async function emptyExpired(db: Queries, now: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with expired as materialized (
      select log.conversation_id, log.sequence
      from log
      where log.expires_at > 0
        and log.expires_at <= $1::int8
        and log.stub = 0
      order by log.expires_at
      limit ${limit}
      for update skip locked
    )
    update log
    set stub = $2::int2, envelope = '', wraps = ''
    from expired
    where log.conversation_id = expired.conversation_id
      and log.sequence = expired.sequence`,
    [now, StubReason.EXPIRED],
  );
  return rowCount ?? 0;
}
