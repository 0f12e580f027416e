import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test("durations have a number and a unit", () => {
  const durations = { "500ms": 500, "30s": 30_000, "1.5m": 90_000, "5m": 300_000, "1h": 3_600_000, "0s": 0 };
  for (const [text, milliseconds] of Object.entries(durations))
    expect(parseDuration(text)).toBe(milliseconds);
  expect(parseDuration("2d")).toBe(172_800_000);
});

test("anything else is none", () => {
  for (const text of [
    "",
    "30",
    "s",
    "soon",
    "-1s",
    "1 s",
    "1S",
    "1e3s",
    "30s ",
    "1h30m",
    "∞s",
    "0x1s",
    "25d",
  ]) {
    expect(parseDuration(text), text).toBeUndefined();
  }
});

test("what comes out is a whole number that a timer can wait", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.constantFrom("ms", "s", "m", "h", "d", ""), (text, unit) => {
      const parsed = parseDuration(text + unit);
      if (parsed === undefined) return;
      expect(Number.isInteger(parsed)).toBe(true);
      expect(parsed).toBeGreaterThanOrEqual(0);
      expect(parsed).toBeLessThan(2 ** 31);
    }),
  );
});
