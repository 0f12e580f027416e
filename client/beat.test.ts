import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { everySeconds, nextSecond, seconds } from "./beat.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("what is looked after now and then is looked after at one time, until it is not any more", () => {
  const beats: string[] = [];
  const start = Date.now();
  const note = (name: string) => () => beats.push(`${name} ${Date.now() - start}`);
  const stops = [everySeconds(1, note("a"))];
  vi.advanceTimersByTime(300);
  stops.push(everySeconds(1, note("b")));
  vi.advanceTimersByTime(1_800);
  expect(beats).toEqual(["a 1000", "b 1000", "a 2000", "b 2000"]);
  for (const stop of stops) stop();
  vi.advanceTimersByTime(5_000);
  expect(beats).toHaveLength(4);
  expect(vi.getTimerCount()).toBe(0);
});

test("what is rarer comes with what is frequent", () => {
  const beats: number[] = [];
  const stops = [everySeconds(1, () => undefined), everySeconds(3, () => beats.push(Date.now()))];
  vi.advanceTimersByTime(9_000);
  expect(beats).toHaveLength(3);
  for (const stop of stops) stop();
});

test("a wait ends at its time, or when it is stopped", async () => {
  const stopping = new AbortController();
  const waited = seconds(1, stopping.signal);
  vi.advanceTimersByTime(1_000);
  await waited;
  const stopped = seconds(1, stopping.signal);
  stopping.abort();
  await expect(stopped).rejects.toThrow("aborted");
  await expect(seconds(1, stopping.signal)).rejects.toThrow("aborted");
  expect(vi.getTimerCount()).toBe(0);
});

test("the next second is that of everybody", async () => {
  const stop = everySeconds(1, () => undefined);
  vi.advanceTimersByTime(700);
  const next = nextSecond();
  vi.advanceTimersByTime(300);
  await next;
  stop();
  expect(vi.getTimerCount()).toBe(0);
});
