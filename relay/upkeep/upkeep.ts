// What ends is cleared away: a little at a time, so that nobody who sends or reads waits for it. What it has to do is
// read off the tables each time; so it does not matter when it was broken off.
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../db/pool.ts";
import type { Bus } from "../fanout/bus.ts";
import { describeError, type Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { alone } from "./alone.ts";
import { clearDeleted } from "./clear-deleted.ts";
import { lapseSilent } from "./lapse.ts";
import {
  CLEARED_A_BATCH,
  ENDED_TOKENS_MS,
  LAPSE_MS,
  LAPSES_A_BATCH,
  RETENTION_MS,
  UPKEEP_BATCH,
  UPKEEP_EVERY_MS,
  UPKEEP_PAUSE,
} from "./limits.ts";
import { clearDevices } from "./sql/clear-devices.ts";
import { deleteLoginAttempts, deleteTokenFamilies } from "./sql/delete-ended.ts";
import { emptyAged } from "./sql/empty-aged.ts";
import { emptyExpired } from "./sql/empty-expired.ts";
import { selectNewestSeen } from "./sql/see-device.ts";
import { SteadyClock } from "./steady-clock.ts";

export interface UpkeepSetup {
  readonly database: Database;
  readonly bus: Bus;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly retentionMs?: number | undefined;
  readonly everyMs?: number;
  readonly batch?: number;
}

interface Task {
  readonly what: string;
  /** How much of it a batch does; that it did all of that means that there is more. */
  readonly batch: number;
  /** It goes by months, for which the clock must be a steady one. */
  readonly isSlow?: true;
  readonly run: (limit: number) => Promise<number>;
}

/**
 * Once now and then every minute, if no other relay of the database does it; one that ends is followed by another within
 * a minute. Returns what stops it, after the batch that is under way.
 */
export function startUpkeep(setup: UpkeepSetup): () => Promise<void> {
  const { database, log, everyMs = UPKEEP_EVERY_MS } = setup;
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = () => sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  const working = (async () => {
    let steady: SteadyClock | undefined;
    const rounds = async (check: () => Promise<void>): Promise<void> => {
      while (!signal.aborted) {
        await check();
        await upkeep(setup, signal, steady?.isSteady === true);
        await rest();
      }
    };
    while (!signal.aborted) {
      steady ??= await steadyClock(setup);
      await alone(database, rounds).catch((error: unknown) => {
        log.warn(describeError(error), "cannot clear away what has ended: the database is away");
      });
      await rest();
    }
  })();
  return () => {
    stopping.abort();
    return working;
  };
}

/** Undefined while the database is away. */
async function steadyClock({ database, clock }: UpkeepSetup): Promise<SteadyClock | undefined> {
  try {
    return new SteadyClock({ clock, newest: await selectNewestSeen(database) });
  } catch {
    return undefined;
  }
}

/** All that there is to do now. A database that is away is tried again the next time. */
export async function upkeep(setup: UpkeepSetup, stopping: AbortSignal, isSteady = true): Promise<void> {
  const { metrics, clock } = setup;
  let allDone = true;
  for (const task of tasks(setup)) {
    if (stopping.aborted) return;
    if (task.isSlow && !isSteady) continue;
    try {
      await work(task, stopping, (count) => metrics.upkeepDone.of(task.what).add(count));
    } catch (error) {
      allDone = false;
      metrics.upkeepFailed.of(task.what).add();
      setup.log.warn({ upkeep: task.what, ...describeError(error) }, "could not clear away what has ended");
    }
  }
  if (allDone) metrics.upkeepDoneAt.set(clock() / 1_000);
}

async function work(
  { batch, run }: Task,
  stopping: AbortSignal,
  done: (count: number) => void,
): Promise<void> {
  while (!stopping.aborted) {
    const began = performance.now();
    const count = await run(batch);
    done(count);
    if (count < batch) return;
    const pause = (performance.now() - began) * UPKEEP_PAUSE;
    await sleep(pause, undefined, { signal: stopping, ref: false }).catch(() => undefined);
  }
}

function tasks({
  database,
  bus,
  clock,
  retentionMs = RETENTION_MS,
  batch = UPKEEP_BATCH,
}: UpkeepSetup): Task[] {
  const lapse = () => lapseSilent(database, bus, { now: clock(), before: clock() - LAPSE_MS });
  return [
    {
      what: "expired messages",
      batch,
      run: (limit) => emptyExpired(database, Math.floor(clock() / 1_000), limit),
    },
    {
      what: "old messages",
      batch,
      isSlow: true,
      run: (limit) => emptyAged(database, clock() - retentionMs, limit),
    },
    { what: "silent devices", batch: LAPSES_A_BATCH, isSlow: true, run: lapse },
    { what: "logins", batch, run: (limit) => deleteLoginAttempts(database, clock(), limit) },
    {
      what: "tokens",
      batch,
      run: (limit) => deleteTokenFamilies(database, clock() - ENDED_TOKENS_MS, limit),
    },
    { what: "former devices", batch: CLEARED_A_BATCH, run: (limit) => clearDevices(database, limit) },
    { what: "deleted accounts", batch: 1, run: () => clearDeleted(database, batch) },
  ];
}
