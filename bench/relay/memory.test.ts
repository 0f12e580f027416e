import { expect, test } from "vitest";
import { growth } from "./memory.ts";

const samples = (value: (at: number) => number) => Array.from({ length: 100 }, (_, at) => value(at));

test("memory that grows while it warms up, and no more, is flat", () => {
  expect(growth(samples((at) => (at < 20 ? at : 50 + (at % 2))))).toBeCloseTo(1, 1);
});

test("memory that goes on growing is not", () => {
  expect(growth(samples((at) => 100 + at))).toBeGreaterThan(1.3);
});
