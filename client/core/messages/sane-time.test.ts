import { expect, test } from "vitest";
import { saneTime } from "./sane-time.ts";

const noon = Date.UTC(2026, 10, 21, 12);
const year = 365 * 24 * 60 * 60 * 1000;

test("a message from a clock that is a year ahead is as old as the relay says", () => {
  expect(saneTime(noon + year, noon, noon + 5_000)).toBe(noon + 5_000);
});

test("what was written long ago, or a moment ahead, stays as its sender says", () => {
  expect(saneTime(noon - year, noon, noon)).toBe(noon - year);
  expect(saneTime(noon + 60_000, noon, noon)).toBe(noon + 60_000);
});

test("a clock here that is a year behind takes nobody's times away", () => {
  expect(saneTime(noon, noon, noon - year)).toBe(noon);
});
