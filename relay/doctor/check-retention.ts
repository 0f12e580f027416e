import type { Queries } from "../db/pool.ts";
import { RETENTION_MS } from "../upkeep/limits.ts";
import { bad, type Check, good, span } from "./check.ts";
import { selectOldest } from "./sql/select-oldest.ts";

const HOUR_MS = 3_600_000;
/** After a clock that leapt, or a relay that nobody was at, nothing counts as old for a day. */
const LATE_MS = 30 * HOUR_MS;

/** Whether what has ended is cleared away in time. */
export async function checkRetention(
  db: Queries,
  { retentionMs = RETENTION_MS, now }: { retentionMs: number | undefined; now: number },
): Promise<Check> {
  const { stored_at, expires_at } = await selectOldest(db);
  const aged = stored_at === null ? 0 : now - retentionMs - Number(stored_at);
  const expired = expires_at === null ? 0 : now - Number(expires_at) * 1_000;
  if (aged > LATE_MS || expired > HOUR_MS) {
    const late =
      aged > LATE_MS
        ? `messages are kept ${span(aged)} longer than --retention says`
        : `messages that ended ${span(expired)} ago are still here`;
    const hint = "A relay with the messaging service has to run; its log says what it cannot clear away.";
    return bad("retention", null, late, hint);
  }
  if (stored_at === null)
    return good("retention", `no messages are kept; they would be for ${span(retentionMs)}`);
  return good(
    "retention",
    `the oldest message is ${span(now - Number(stored_at))} old, of ${span(retentionMs)}`,
  );
}
