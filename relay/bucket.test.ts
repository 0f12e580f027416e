import { expect, test, vi } from "vitest";
import { Bucket, Buckets } from "./bucket.ts";
import { RelayError } from "./errors.ts";

test("a bucket gives its count at once, and after that in proportion to the time", () => {
  const bucket = new Bucket({ count: 10, seconds: 1 }, 0);
  for (let taken = 0; taken < 10; taken++) expect(bucket.take(1, 0)).toBe(0);
  expect(bucket.take(1, 0)).toBe(100);
  expect(bucket.take(1, 0)).toBe(200);
  expect(bucket.take(1, 300)).toBe(0);
  expect(bucket.take(0, 300)).toBe(0);
  expect(bucket.take(1, 300)).toBe(100);
});

test("a bucket that is left alone is full again, and never more than full", () => {
  const bucket = new Bucket({ count: 10, seconds: 1 }, 0);
  bucket.take(10, 0);
  expect(bucket.isFull(999)).toBe(false);
  expect(bucket.isFull(1_000)).toBe(true);
  expect(bucket.take(10, 100_000)).toBe(0);
  expect(bucket.take(1, 100_000)).toBe(100);
});

test("what is refused takes nothing; what is larger than the bucket is refused only while it is not full", () => {
  const bucket = new Bucket({ count: 10, seconds: 1 }, 0);
  expect(bucket.tryTake(9, 0)).toBe(0);
  expect(bucket.tryTake(2, 0)).toBe(100);
  expect(bucket.tryTake(1, 0)).toBe(0);
  expect(bucket.tryTake(50, 0)).toBe(1_000);
  expect(bucket.tryTake(50, 1_000)).toBe(0);
  expect(bucket.tryTake(1, 1_000)).toBe(4_100);
});

test("buckets are apart by key, tell how long to wait, and are counted when they refuse", () => {
  const onRefused = vi.fn();
  const buckets = new Buckets({ count: 1, seconds: 60 }, onRefused);
  buckets.take("a");
  buckets.take("b");
  let refusal: unknown;
  try {
    buckets.take("a");
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(RelayError);
  expect((refusal as RelayError).retryAfter).toBeGreaterThan(59_000);
  expect(onRefused).toHaveBeenCalledTimes(1);
});

test("keys that are left alone are forgotten", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const buckets = new Buckets({ count: 1, seconds: 1 }, () => undefined);
    const size = (): number => buckets.size;
    for (let key = 0; key < 1_000; key++) buckets.take(`early ${key}`);
    expect(size()).toBe(1_000);
    vi.advanceTimersByTime(2_000);
    buckets.take("late");
    expect(size()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
