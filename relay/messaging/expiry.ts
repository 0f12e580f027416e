// Rows whose time ran out are delivered as stubs from that moment on (sql/select-rows.ts); this gets their bytes off the
// disk soon after.
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../db/pool.ts";
import { describeError, type Logger } from "../logger.ts";
import { emptyExpired } from "./sql/empty-expired.ts";

export interface ExpirySetup {
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly everyMs?: number;
  /** Rows that one statement empties: a lock on them is short, and the writer gets its turn in between. */
  readonly batch?: number;
}

const EVERY_MS = 60_000;
const BATCH = 500;

/** Sweeps at once and then every minute. Returns what stops it, after the batch that is under way. */
export function sweepExpired(setup: ExpirySetup): () => Promise<void> {
  const stopping = new AbortController();
  const { everyMs = EVERY_MS } = setup;
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      await sweep(setup, stopping.signal);
      await sleep(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  })();
  return () => {
    stopping.abort();
    return sweeping;
  };
}

/** A database that is away is tried again the next time. */
async function sweep(
  { database, clock, log, batch = BATCH }: ExpirySetup,
  stopping: AbortSignal,
): Promise<void> {
  try {
    let emptied = batch;
    while (emptied === batch && !stopping.aborted) {
      emptied = await emptyExpired(database, Math.floor(clock() / 1_000), batch);
    }
  } catch (error) {
    log.warn(describeError(error), "could not empty expired messages");
  }
}
