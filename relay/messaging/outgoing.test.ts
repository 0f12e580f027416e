import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { conversationId, type Hash, randomBytes, ready, toHex } from "../../keys/index.ts";
import { type ConnectResponse, ConnectResponseSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { CommittedRow } from "../fanout/committed-row.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { MAX_HEADS_OWED, MAX_PUSHED_BYTES } from "./limits.ts";
import { Outgoing } from "./outgoing.ts";

await ready();
const ids = Array.from({ length: MAX_HEADS_OWED + 5 }, () => conversationId(randomBytes(32)));
const [first = conversationId(randomBytes(32)), second = first] = ids;

function row(sequence: bigint, bytes = 100): CommittedRow {
  return {
    sequence,
    rowHash: new Uint8Array(32) as Hash,
    sender: "somebody",
    envelope: new Uint8Array(bytes),
    envelopeHash: new Uint8Array(32),
    wraps: [],
    slots: new Map(),
    storedAt: 1n,
  };
}

/** An Outgoing whose reader takes a frame when the test says so. */
function reader() {
  const metrics = createMetrics();
  const frames: ConnectResponse[] = [];
  const errors: unknown[] = [];
  const asked: (readonly Uint8Array[] | "behind")[] = [];
  let take = (): void => undefined;
  const outgoing = new Outgoing("me", {
    write: (frame, done) => {
      frames.push(fromBinary(ConnectResponseSchema, frame));
      take = done;
    },
    readHeads: async (of) => {
      asked.push(of);
      return of === "behind"
        ? [{ conversationId: first, head: 99n }]
        : of.map((id) => ({ conversationId: id }));
    },
    onError: (error) => errors.push(error),
    metrics,
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    outgoing,
    metrics,
    frames,
    errors,
    asked,
    settle,
    welcome: async () => {
      outgoing.say({ welcome: { now: 1n } });
      await settle();
    },
    /** The reader has taken the frame before. */
    take: async () => {
      take();
      await settle();
    },
  };
}

test("nothing leaves before Welcome, and what waited follows in the same frame", async () => {
  const { outgoing, frames, settle, welcome } = reader();
  outgoing.push(first, row(2n));
  await settle();
  expect(frames).toEqual([]);
  await welcome();
  expect(frames.length).toBe(1);
  expect(frames[0]?.welcome?.now).toBe(1n);
  expect(frames[0]?.deliveries.map(({ sequence }) => sequence)).toEqual([2n]);
});

test("rows of one turn share a frame, and one frame is on its way at a time", async () => {
  const { outgoing, frames, settle, take, welcome } = reader();
  await welcome();
  for (let sequence = 2n; sequence < 50n; sequence++) outgoing.push(first, row(sequence));
  await settle();
  expect(frames.length).toBe(1);
  await take();
  expect(frames.length).toBe(2);
  expect(frames[1]?.deliveries.length).toBe(48);
});

test("a reader that stops costs a bounded amount, and is told the head when it goes on", async () => {
  const { outgoing, metrics, frames, settle, take, welcome } = reader();
  metrics.readers.add(outgoing);
  await welcome();
  for (let sequence = 2n; sequence < 10_000n; sequence++) {
    outgoing.push(first, row(sequence, 1_000));
    if (sequence % 7n === 0n) outgoing.push(second, row(sequence, 1_000));
  }
  await settle();
  expect(frames.length).toBe(1);
  expect(metrics.slowReaders.value).toBe(1);
  expect(metrics.waitingBytes.value).toBeGreaterThan(MAX_PUSHED_BYTES * 0.9);
  expect(metrics.waitingBytes.value).toBeLessThanOrEqual(MAX_PUSHED_BYTES);
  await take();
  const pushed = frames[1]?.deliveries ?? [];
  expect(pushed.reduce((sum, { envelope }) => sum + envelope.length, 0)).toBeLessThan(MAX_PUSHED_BYTES);
  // In order and without a hole: what was left out is the end.
  const ofFirst = pushed.filter(({ conversationId: id }) => toHex(id) === toHex(first));
  expect(ofFirst.map(({ sequence }) => sequence)).toEqual(ofFirst.map((_, index) => BigInt(index + 2)));
  await take();
  expect(frames[2]?.heads.map(({ conversationId: id }) => toHex(id)).sort()).toEqual(
    [toHex(first), toHex(second)].sort(),
  );
  expect(metrics.pushed.count).toBe(pushed.length);
  expect(metrics.pushed.count + metrics.pushesLeftOut.count).toBe(9_998 + Math.floor(9_999 / 7));
  await take();
  expect([metrics.slowReaders.value, metrics.waitingBytes.value]).toEqual([0, 0]);
  outgoing.push(first, row(10_000n));
  await settle();
  expect(frames[3]?.deliveries.length).toBe(1);
});

test("who is owed too many heads is told to resync, with all heads behind", async () => {
  const { outgoing, frames, asked, take, welcome } = reader();
  await welcome();
  for (const id of ids) outgoing.oweHead(id);
  await take();
  expect(asked).toEqual(["behind"]);
  expect(frames[1]?.resync).toBe(true);
  expect(frames[1]?.heads[0]?.head).toBe(99n);
  await take();
  expect(frames.length).toBe(2);
});

test("when heads cannot be read, the stream hears of it", async () => {
  const errors: unknown[] = [];
  const outgoing = new Outgoing("me", {
    write: (_frame, done) => done(),
    readHeads: () => Promise.reject(new Error("database away")),
    onError: (error) => errors.push(error),
    metrics: createMetrics(),
  });
  outgoing.say({ welcome: { now: 1n } });
  outgoing.oweHead(first);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(errors.length).toBe(1);
});

test("whoever waits for room goes on when the frame is taken, and when all is over", async () => {
  const { outgoing, settle, take, welcome } = reader();
  await welcome();
  let proceeded = 0;
  void outgoing.room().then(() => proceeded++);
  await settle();
  expect(proceeded).toBe(0);
  await take();
  expect(proceeded).toBe(1);
  outgoing.say({ pong: { nonce: 1n } });
  await settle();
  void outgoing.room().then(() => proceeded++);
  outgoing.close();
  await settle();
  expect(proceeded).toBe(2);
});
