import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { accountId, randomBytes } from "../../keys/public.ts";
import { ConnectRequestSchema } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { defaultRates, type MessageRates } from "../limits.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { Allowances } from "./allowances.ts";

type Frame = NonNullable<MessageInitShape<typeof ConnectRequestSchema>["frame"]>;

const slow = { count: 10, seconds: 1 };

function allowancesOf(rates: Partial<MessageRates>) {
  const metrics = createMetrics();
  return { metrics, allowances: new Allowances({ rates: { ...defaultRates, ...rates }, metrics }) };
}

const frame = (of: Frame) => create(ConnectRequestSchema, { frame: of });
const frames: { readonly [Limit in keyof MessageRates]: Frame } = {
  submitsPerAccount: { case: "submit", value: {} },
  submittedBytesPerAccount: { case: "submit", value: { wraps: new Uint8Array(1) } },
  pullsPerAccount: { case: "pull", value: {} },
  cursorsPerAccount: { case: "acknowledge", value: {} },
  otherFramesPerAccount: { case: "ping", value: {} },
};

test("every kind of frame has its rate, which slows and does not refuse", () => {
  for (const [limit, of] of Object.entries(frames)) {
    const { metrics, allowances } = allowancesOf({ [limit]: slow });
    const one = allowances.enter(accountId(randomBytes(32)));
    for (let taken = 0; taken < 10; taken++) expect(one.take(frame(of))).toBe(0);
    expect(metrics.rateLimited.of(limit).count).toBe(0);
    expect(one.take(frame(of))).toBeGreaterThan(50);
    expect(one.take(frame(of))).toBeGreaterThan(150);
    expect(metrics.rateLimited.of(limit).count).toBe(2);
  }
});

test("bytes and cursors count by their number", () => {
  const rates = { submittedBytesPerAccount: slow, cursorsPerAccount: slow };
  const one = allowancesOf(rates).allowances.enter(accountId(randomBytes(32)));
  const envelope = new Uint8Array(7);
  expect(one.take(frame({ case: "submit", value: { envelope, wraps: new Uint8Array(3) } }))).toBe(0);
  expect(one.take(frame({ case: "submit", value: { envelope } }))).toBeGreaterThan(600);
  expect(one.take(frame({ case: "acknowledge", value: { cursors: Array(20).fill({}) } }))).toBeGreaterThan(
    900,
  );
});

test("all streams of an account share one, those of another have their own, and to come back makes it no larger", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    vi.advanceTimersByTime(100_000);
    const { allowances } = allowancesOf({ pullsPerAccount: { count: 1, seconds: 100 } });
    const account = accountId(randomBytes(32));
    const one = allowances.enter(account);
    expect(allowances.enter(account)).toBe(one);
    expect(one.take(frame(frames.pullsPerAccount))).toBe(0);
    allowances.leave(account);
    allowances.leave(account);
    vi.advanceTimersByTime(60_000);
    expect(allowances.enter(account)).toBe(one);
    expect(one.take(frame(frames.pullsPerAccount))).toBeGreaterThan(30_000);
    allowances.leave(account);
    const other = accountId(randomBytes(32));
    expect(allowances.enter(other).take(frame(frames.pullsPerAccount))).toBe(0);
    // Nobody is kept in mind for ever.
    vi.advanceTimersByTime(300_000);
    allowances.enter(other);
    expect(allowances.size).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test("submits that are not answered are counted over all streams of an account", async () => {
  const one = allowancesOf({}).allowances.enter(accountId(randomBytes(32)));
  for (let under = 0; under < 512; under++) {
    await one.roomForSubmit();
    one.submitted();
  }
  let isIn = false;
  const room = one.roomForSubmit().then(() => {
    isIn = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  one.answered();
  await room;
});
