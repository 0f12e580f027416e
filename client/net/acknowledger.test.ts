import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Acknowledger } from "./acknowledger.ts";
import type { Cursor } from "./relay-connection.ts";

const [red, blue] = [Uint8Array.of(1), Uint8Array.of(2)];

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function recorded() {
  const frames: (readonly Cursor[])[] = [];
  return { frames, acknowledger: new Acknowledger((cursors) => frames.push(cursors)) };
}

test("the first goes at once, the next ones together, the newest of each conversation", () => {
  const { frames, acknowledger } = recorded();
  acknowledger.add([{ conversationId: red, sequence: 1n }]);
  expect(frames).toEqual([[{ conversationId: red, sequence: 1n }]]);
  acknowledger.add([{ conversationId: red, sequence: 2n }]);
  acknowledger.add([
    { conversationId: red, sequence: 3n },
    { conversationId: blue, sequence: 7n },
  ]);
  expect(frames.length).toBe(1);
  vi.advanceTimersByTime(250);
  expect(frames[1]).toEqual([
    { conversationId: red, sequence: 3n },
    { conversationId: blue, sequence: 7n },
  ]);
});

test("after a while of silence the next goes at once again", () => {
  const { frames, acknowledger } = recorded();
  acknowledger.add([{ conversationId: red, sequence: 1n }]);
  vi.advanceTimersByTime(1_000);
  acknowledger.add([{ conversationId: red, sequence: 2n }]);
  expect(frames.length).toBe(2);
});

test("what waits goes before the end, and nothing after it", () => {
  const { frames, acknowledger } = recorded();
  acknowledger.add([{ conversationId: red, sequence: 1n }]);
  acknowledger.add([{ conversationId: red, sequence: 2n }]);
  acknowledger.flush();
  expect(frames.length).toBe(2);
  acknowledger.add([{ conversationId: red, sequence: 3n }]);
  acknowledger.stop();
  vi.advanceTimersByTime(1_000);
  expect(frames.length).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});
