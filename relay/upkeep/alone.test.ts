import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keptLog } from "../../test/support/log.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { Database } from "../db/pool.ts";
import { LocalBus } from "../fanout/local.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { alone } from "./alone.ts";
import { startUpkeep } from "./upkeep.ts";

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const EVERY_MS = 50;
const locks = `from pg_locks
  join pg_database on database = pg_database.oid
  where locktype = 'advisory' and datname = current_database()`;

/** The upkeep of a relay process: how many rounds it has done, and what ends it. */
function relay() {
  const database = new Database({ connection: fresh.connection, size: 3, onError: () => undefined });
  let rounds = 0;
  const metrics = createMetrics();
  const done = vi.spyOn(metrics.upkeepDoneAt, "set").mockImplementation(() => {
    rounds += 1;
  });
  const { log, lines } = keptLog();
  const setup = { database, bus: new LocalBus(), clock: Date.now, log, metrics, everyMs: EVERY_MS };
  const stop = startUpkeep(setup);
  return {
    rounds: () => rounds,
    log: lines,
    stop: async () => {
      await stop();
      await database.close();
      done.mockRestore();
    },
  };
}

test("of several relays one does the upkeep, and when it ends another", async () => {
  const first = relay();
  await vi.waitFor(() => expect(first.rounds()).toBeGreaterThan(1), 10_000);
  const second = relay();
  const seen = first.rounds();
  await vi.waitFor(() => expect(first.rounds()).toBeGreaterThan(seen + 4), 10_000);
  expect(second.rounds()).toBe(0);
  await first.stop();
  const last = first.rounds();
  await vi.waitFor(() => expect(second.rounds()).toBeGreaterThan(1), 10_000);
  expect(first.rounds()).toBe(last);
  await second.stop();
});

test("a relay whose connection breaks gives its place up, and asks for it again", async () => {
  const only = relay();
  await vi.waitFor(() => expect(only.rounds()).toBeGreaterThan(0), 10_000);
  const { rowCount } = await fresh.database.query(`select pg_terminate_backend(pid) ${locks}`);
  expect(rowCount).toBe(1);
  await vi.waitFor(() => expect(only.log()).toContain("the database is away"), 10_000);
  const before = only.rounds();
  await vi.waitFor(() => expect(only.rounds()).toBeGreaterThan(before + 1), 10_000);
  await only.stop();
});

test("the place is free again when the work fails", async () => {
  const failing = alone(fresh.database, async () => {
    throw new Error("as it goes");
  });
  await expect(failing).rejects.toThrow("as it goes");
  let worked = false;
  await alone(fresh.database, async (check) => {
    await check();
    await pause(1);
    worked = true;
  });
  expect(worked).toBe(true);
  const { rows } = await fresh.database.query(`select 1 ${locks}`);
  expect(rows).toEqual([]);
});
