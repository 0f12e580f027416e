import { expect, test } from "vitest";
import { median, percentile, Sample } from "./percentiles.ts";

test("a percentile is the smallest value that so many do not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([0, 0.5, 0.99, 1].map((part) => percentile(hundred, part))).toEqual([1, 50, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(median([3, 1, 2])).toBe(2);
  expect(percentile([], 0.5)).toBeNaN();
});

test("a sample keeps all while there is room, and then any with the same chance", () => {
  const draws = [0.99, 0.2];
  const sample = new Sample(2, () => draws.shift() ?? 0);
  sample.add(10);
  expect([...sample.values()]).toEqual([10]);
  sample.add(20);
  sample.add(30); // place 2 of 3: not kept
  sample.add(40); // place 0 of 4
  expect([...sample.values()]).toEqual([40, 20]);
  expect(sample.seen).toBe(4);
  sample.clear();
  expect(sample.values()).toHaveLength(0);
});
