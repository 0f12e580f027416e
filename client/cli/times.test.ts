import { expect, test } from "vitest";
import { clock, dateOf, dayLine, moment } from "./times.ts";

const now = new Date(2026, 10, 21, 15, 0);

test("a time that no calendar has is the end of it", () => {
  expect(dateOf(Number.MAX_SAFE_INTEGER).toISOString()).toBe("9999-12-31T23:59:59.999Z");
  expect(dateOf(-1).getTime()).toBe(0);
});

test("times are said as shortly as they are clear", () => {
  expect(clock(new Date(2026, 10, 21, 9, 5))).toBe("09:05");
  expect(moment(new Date(2026, 10, 21, 9, 5), now)).toBe("09:05");
  expect(moment(new Date(2026, 10, 20, 9, 5), now)).toBe("20 Nov");
  expect(moment(new Date(2025, 0, 2), now)).toBe("2 Jan 2025");
  expect(dayLine(new Date(2026, 10, 20), now)).toBe("Friday 20 November");
  expect(dayLine(new Date(2025, 10, 20), now)).toBe("Thursday 20 November 2025");
});
