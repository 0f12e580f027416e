import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what lasts ends when its time has come, unless it was over before", () => {
  const deadlines = new Deadlines();
  const ended: number[] = [];
  const lasting = (ms: number) => {
    const one = {
      endsAt: performance.now() + ms,
      expire: () => {
        ended.push(ms);
        deadlines.remove(one);
      },
    };
    deadlines.add(one);
    return one;
  };
  const gone = lasting(2_000);
  for (const ms of [5_000, 1_000, 30 * 24 * 3_600_000]) lasting(ms);
  deadlines.remove(gone);
  vi.advanceTimersByTime(900);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(ended).toEqual([1_000]);
  vi.advanceTimersByTime(4_000);
  expect(ended).toEqual([1_000, 5_000]);
  expect(vi.getTimerCount()).toBe(1);
});

test("no clock runs for nothing", () => {
  const deadlines = new Deadlines();
  const one = { endsAt: performance.now() + 1_000, expire: () => deadlines.remove(one) };
  deadlines.add(one);
  vi.advanceTimersByTime(2_000);
  expect(vi.getTimerCount()).toBe(0);
});
