import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countUp } from "./counters.ts";
import { changeMarker, type Database, openDatabase } from "./database.ts";
import { nextChange, onChange } from "./watch-database.ts";

const { watch } = vi.hoisted(() => ({ watch: { fails: false } }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return {
    ...real,
    watch: (...given: Parameters<typeof real.watch>) => {
      if (watch.fails) throw new Error("ENOSPC");
      return real.watch(...given);
    },
  };
});

const key = new Uint8Array(32).fill(7);
let folder: string;
let db: Database;
/** As another process has it. */
let other: Database;
let stopping: AbortController;

beforeEach(() => {
  watch.fails = false;
  folder = mkdtempSync(join(tmpdir(), "sotto-watch-"));
  const path = join(folder, "profile.db");
  db = openDatabase(path, key, { create: true });
  other = openDatabase(path, key);
  stopping = new AbortController();
});
afterEach(() => {
  stopping.abort();
  db.close();
  other.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

function waiting(within?: number): Promise<void> {
  return nextChange(db, changeMarker(db), { signal: stopping.signal, within });
}

test("what another process writes is noticed at once, time after time", async () => {
  for (let round = 0; round < 5; round += 1) {
    const wait = timed(waiting());
    await sleep(30);
    countUp(other, "live_lease");
    // Far from the look that is taken every now and then.
    expect(await wait).toBeLessThan(400);
  }
});

test("what was written before one waits is not waited for", async () => {
  const before = changeMarker(db);
  countUp(other, "live_lease");
  expect(await timed(nextChange(db, before, { signal: stopping.signal }))).toBeLessThan(20);
});

test("a wait ends at its time, when it is stopped, and every now and then", async () => {
  expect(await timed(waiting(50))).toBeLessThan(500);
  expect(await timed(waiting())).toBeLessThan(2_500);
  const wait = timed(waiting());
  stopping.abort();
  expect(await wait).toBeLessThan(20);
});

test("where the system tells nothing of files it is looked for changes", async () => {
  watch.fails = true;
  const wait = timed(waiting());
  await sleep(30);
  countUp(other, "live_lease");
  expect(await wait).toBeLessThan(400);
});

test("a listener hears of commits by either, and of nothing when it has stopped", async () => {
  let heard = 0;
  const stop = onChange(db, () => {
    heard += 1;
  });
  countUp(db, "live_lease");
  await vi.waitFor(() => expect(heard).toBe(1), { timeout: 400 });
  countUp(other, "live_lease");
  await vi.waitFor(() => expect(heard).toBe(2), { timeout: 400 });
  stop();
  countUp(other, "live_lease");
  await sleep(100);
  expect(heard).toBe(2);
});

test("a database that is closed meanwhile is not asked any more", async () => {
  const stop = onChange(db, () => undefined);
  db.close();
  countUp(other, "live_lease");
  await sleep(50);
  stop();
});

test("a database that cannot be looked at ends the wait, and not the process", async () => {
  const waiting = nextChange(db, changeMarker(db), { signal: stopping.signal });
  const refusing = vi.spyOn(db, "pragma").mockImplementation(() => {
    throw new Error("locking protocol");
  });
  countUp(other, "live_lease");
  await waiting;
  refusing.mockRestore();
});
