import { expect, test } from "vitest";
import { clock, dayLine, moment, parseTime } from "./times.ts";

const now = new Date(2026, 10, 21, 15, 0);

test("times are said as shortly as they are clear", () => {
  expect(clock(new Date(2026, 10, 21, 9, 5))).toBe("09:05");
  expect(moment(new Date(2026, 10, 21, 9, 5), now)).toBe("09:05");
  expect(moment(new Date(2026, 10, 20, 9, 5), now)).toBe("20 Nov");
  expect(moment(new Date(2025, 0, 2), now)).toBe("2 Jan 2025");
  expect(dayLine(new Date(2026, 10, 20), now)).toBe("Friday 20 November");
  expect(dayLine(new Date(2025, 10, 20), now)).toBe("Thursday 20 November 2025");
});

test("a time without a zone is local, one with a zone is not", () => {
  expect(parseTime("2026-11-20")).toBe(new Date(2026, 10, 20).getTime());
  expect(parseTime("2026-11-20T09:12")).toBe(new Date(2026, 10, 20, 9, 12).getTime());
  expect(parseTime("2026-11-20 09:12:30.5")).toBe(new Date(2026, 10, 20, 9, 12, 30, 500).getTime());
  expect(parseTime("2026-11-20T09:12:30Z")).toBe(Date.UTC(2026, 10, 20, 9, 12, 30));
  expect(parseTime("2026-11-20T09:12+02:00")).toBe(Date.UTC(2026, 10, 20, 7, 12));
});

test("what is no time is refused", () => {
  for (const text of ["", "now", "20.11.2026", "2026-13-01", "2026-11-20T25:00", "1700000000", "2026-11"]) {
    expect(parseTime(text), text).toBeUndefined();
  }
});
