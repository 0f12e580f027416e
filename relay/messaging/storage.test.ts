import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { randomBytes } from "../../keys/public.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { Storage, type StorageSetup, type Stored } from "./storage.ts";

const DAY_MS = 24 * 3_600_000;
const account = randomBytes(32);
let fresh: FreshDatabase;
let now: number;

beforeEach(async () => {
  fresh = await freshDatabase();
  now = Date.UTC(2026, 0, 31, 12);
});
afterEach(() => fresh.drop());

function storage(options: Partial<StorageSetup> = {}) {
  const errors: unknown[] = [];
  const one = new Storage({
    database: fresh.database,
    clock: () => now,
    quota: { rows: 5, bytes: 1_000 },
    retentionMs: 30 * DAY_MS,
    everyMs: 10,
    metrics: createMetrics(),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { one, errors };
}

const becomesFull = (stored: Stored, isFull = true) =>
  vi.waitFor(() => expect(stored.isFull).toBe(isFull), 5_000);

async function told(): Promise<unknown[]> {
  const { rows } = await fresh.database.query("select day, rows, bytes from stored_by_day order by day");
  return rows;
}

test("rows and bytes are added up for each day, and too many of either are refused", async () => {
  for (const add of [
    (stored: Stored) => {
      for (let row = 0; row < 5; row++) stored.add(1);
    },
    (stored: Stored) => stored.add(1_000),
  ]) {
    const { one } = storage();
    const own = randomBytes(32);
    const stored = one.enter(own);
    one.check(stored);
    add(stored);
    await becomesFull(stored);
    const refusal = expect.objectContaining({ name: "RelayError", retryAfter: 12 * 3_600_000 });
    expect(() => one.check(stored)).toThrow(refusal);
    expect(one.enter(randomBytes(32)).isFull).toBe(false);
  }
});

test("relays of one database count together, and one that starts again knows what there was", async () => {
  const [here, there] = [storage().one.enter(account), storage().one.enter(account)];
  for (let row = 0; row < 3; row++) here.add(10);
  await vi.waitFor(async () => expect(await told()).toEqual([{ day: 20_484, rows: 3n, bytes: 30n }]), 5_000);
  for (let row = 0; row < 2; row++) there.add(10);
  await becomesFull(there);
  const again = storage().one.enter(account);
  again.add(1);
  await becomesFull(again);
});

test("what has become as old as messages get counts no more, and is forgotten", async () => {
  const { one } = storage();
  const stored = one.enter(account);
  stored.add(1_000);
  await becomesFull(stored);
  now += 29 * DAY_MS;
  stored.add(1);
  await vi.waitFor(async () => expect(await told()).toHaveLength(2), 5_000);
  expect(stored.isFull).toBe(true);
  now += 3 * DAY_MS;
  await becomesFull(stored, false);
  await vi.waitFor(async () => expect((await told()).at(0)).toMatchObject({ bytes: 1n }), 5_000);
});

test("what a database did not take is told the next time, once", async () => {
  let isAway = true;
  const query: StorageSetup["database"]["query"] = (...statement) => {
    if (isAway) return Promise.reject(new Error("away"));
    return fresh.database.query(...(statement as Parameters<typeof fresh.database.query>)) as never;
  };
  const { one, errors } = storage({ database: { query } });
  const stored = one.enter(account);
  stored.add(400);
  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
  isAway = false;
  stored.add(400);
  await vi.waitFor(async () => expect(await told()).toMatchObject([{ rows: 2n, bytes: 800n }]), 5_000);
});
