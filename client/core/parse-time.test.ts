import { expect, test } from "vitest";
import { parseMoment } from "./parse-time.ts";

const now = Date.UTC(2026, 10, 21, 15, 0);
const parseTime = (text: string) => parseMoment(text, now);

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

test("a duration is that long ago, however long", () => {
  expect(parseTime("2h")).toBe(now - 7_200_000);
  expect(parseTime("1.5d")).toBe(now - 129_600_000);
  expect(parseTime("52w")).toBe(now - 364 * 86_400_000);
  for (const text of ["2", "h", "-2h", "2 h", "2y"]) expect(parseTime(text), text).toBeUndefined();
});
