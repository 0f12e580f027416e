import { expect, test } from "vitest";
import { table } from "./output.ts";

test("columns are as wide as what is in them", () => {
  expect(table(["NAME", "DEVICES"], [["alexandra", "1"], ["bob"]])).toBe(
    "NAME       DEVICES\nalexandra  1\nbob",
  );
});

test("a relay with more accounts than a call takes parameters is listed, too", () => {
  const lines = table(
    ["NAME"],
    Array.from({ length: 200_000 }, (_, n) => [`person-${n}`]),
  ).split("\n");
  expect(lines).toHaveLength(200_001);
});
