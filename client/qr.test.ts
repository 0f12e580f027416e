import { expect, test } from "vitest";
import { qrRows } from "./qr.ts";

const digits = "509817817340836499857630313180845140278349537239282786020190";

test("sixty digits fit beside a text on sixty columns", () => {
  const rows = qrRows(digits);
  expect(rows).toHaveLength(14);
  expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([27]));
});

test("what is light is drawn, with a light edge around a dark corner", () => {
  const [first = "", second = "", ...more] = qrRows(digits);
  expect(first.slice(0, 10)).toBe("█▀▀▀▀▀▀▀██");
  expect(second.slice(0, 9)).toBe("█ █▀▀▀█ █");
  // An odd number of modules: below the last there is nothing.
  expect(more.at(-1)).toBe("▀".repeat(27));
});
