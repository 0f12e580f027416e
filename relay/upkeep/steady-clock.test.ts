import { expect, test } from "vitest";
import { SteadyClock } from "./steady-clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function started(newest?: number) {
  const time = { wall: 1_800_000_000_000, elapsed: 5 };
  const clock = new SteadyClock({
    clock: () => time.wall,
    newest: newest === undefined ? undefined : time.wall + newest,
    elapsed: () => time.elapsed,
  });
  const pass = (milliseconds: number, leap = 0) => {
    time.wall += milliseconds + leap;
    time.elapsed += milliseconds;
    return clock.isSteady;
  };
  return pass;
}

test("a clock that goes on is steady, from the first time on, suspended for a night or not", () => {
  const pass = started(-HOUR);
  expect([pass(0), pass(HOUR), pass(40 * DAY), pass(1_000, 12 * HOUR)]).toEqual([true, true, true, true]);
  expect(started()(0)).toBe(true);
});

test.each([46 * DAY, -46 * DAY])("after a leap of %d it is not, until it has gone on for a day", (leap) => {
  const pass = started(0);
  expect([pass(60_000, leap), pass(23 * HOUR), pass(HOUR)]).toEqual([false, false, true]);
});

test("a leap there and back counts from its end", () => {
  const pass = started(0);
  expect([pass(60_000, 46 * DAY), pass(12 * HOUR, -46 * DAY), pass(23 * HOUR), pass(HOUR)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("a relay that nobody was at for long gives everybody a day to come back", () => {
  const pass = started(-50 * DAY);
  expect([pass(0), pass(23 * HOUR), pass(HOUR)]).toEqual([false, false, true]);
});
