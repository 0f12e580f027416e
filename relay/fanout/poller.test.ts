import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toHex } from "../../keys/index.ts";
import {
  append,
  type BareRelay,
  nth,
  type Person,
  revocation,
  startBareRelay,
} from "../../test/support/bare-relay.ts";
import { keptLog } from "../../test/support/log.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { BusEvent } from "./bus.ts";
import { type DeviceKey, deviceKey } from "./committed-row.ts";
import { OtherRelays } from "./other-relays.ts";
import { Poller } from "./poller.ts";

const EVERY_MS = 100;
const [OWN, OTHER] = [1, 2];

let relay: BareRelay;
let alice: Person;
let bob: Person;
let others: OtherRelays;
let heard: BusEvent[];
let live: DeviceKey[];
let poller: Poller;
let log: ReturnType<typeof keptLog>;
let metrics: ReturnType<typeof createMetrics>;

beforeEach(async () => {
  relay = await startBareRelay();
  [alice, bob] = [await relay.person("alice"), await relay.person("bob", 2)];
  others = new OtherRelays(OWN);
  [heard, live, log, metrics] = [[], [], keptLog(), createMetrics()];
});

afterEach(async () => {
  await poller.stop();
  await relay.stop();
});

function key({ accountId }: Person, { keys }: { keys: { deviceId: Parameters<typeof deviceKey>[1] } }) {
  return deviceKey(accountId, keys.deviceId);
}

/** The database names relays only while they run: the test says which there are. */
function start({ isUp = false, relays = [OWN, OTHER], everyMs = EVERY_MS } = {}): void {
  others.see = OtherRelays.prototype.see.bind(others, relays);
  poller = new Poller({
    database: relay.database,
    bus: {
      attended: () => live,
      hear: (event) => heard.push(event),
      subscribe: () => () => undefined,
    },
    link: { isUp },
    others,
    metrics,
    log: log.log,
    everyMs,
  });
}

const rounds = async (): Promise<void> => {
  const from = metrics.polls.count;
  await vi.waitFor(() => expect(metrics.polls.count).toBeGreaterThan(from + 2), 10_000);
};

async function say(): Promise<Uint8Array> {
  const a = nth(alice.devices, 0);
  const { conversation, roster } = await openDirect(a, bob);
  const stream = await RawStream.open(a);
  await stream.submitted(envelopeBy(a, roster), wrapsBy(a, roster));
  await stream.finish();
  return conversation.conversationId;
}

test("what another relay has stored is told to whoever is live here, once", async () => {
  const id = await say();
  live = [key(alice, nth(alice.devices, 0)), ...bob.devices.map((device) => key(bob, device))];
  start();
  await rounds();
  heard.length = 0;
  for (let times = 0; times < 2; times += 1) {
    await say();
    await vi.waitFor(() => expect(heard).toHaveLength(1), 10_000);
    await rounds();
    const [event] = heard.splice(0);
    if (event?.kind !== "moved") throw new Error("no conversation has moved");
    expect(toHex(event.conversationId)).toBe(toHex(id));
    expect(event.devices.toSorted()).toEqual(live.toSorted());
    expect(heard).toEqual([]);
  }
  expect(metrics.headsByPoll.count).toBeGreaterThanOrEqual(6);
});

test("who came while the database was asked is told with the next round", async () => {
  const [a, b] = [key(alice, nth(alice.devices, 0)), key(bob, nth(bob.devices, 0))];
  const devices = () => heard.flatMap((event) => (event.kind === "moved" ? event.devices : []));
  await say();
  live = [a];
  start();
  await rounds();
  heard.length = 0;
  await relay.database.transaction(async (transaction) => {
    // While it lasts, the marks of the rounds stay where they are, as they do within a round.
    await transaction.query("select pg_current_xact_id()");
    await say();
    await vi.waitFor(() => expect(devices()).toEqual([a]), 10_000);
    live = [a, b];
    await vi.waitFor(() => expect(devices()).toEqual([a, b]), 5_000);
    await rounds();
    expect(devices()).toEqual([a, b]);
  });
});

test("whoever is live here and not let in any more is put out", async () => {
  const lost = nth(bob.devices, 1);
  live = bob.devices.map((device) => key(bob, device));
  start();
  await rounds();
  heard.length = 0;
  await append(bob, revocation(bob, lost.keys));
  await vi.waitFor(() => expect(heard.find(({ kind }) => kind === "removed")).toBeDefined(), 10_000);
  const removed = heard.filter((event) => event.kind === "removed");
  expect(new Set(removed.map(({ deviceId }) => toHex(deviceId)))).toEqual(
    new Set([toHex(lost.keys.deviceId)]),
  );
});

test("a relay that is alone asks nothing", async () => {
  live = [key(bob, nth(bob.devices, 0))];
  start({ relays: [OWN] });
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS * 5));
  await say();
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS * 5));
  expect(metrics.polls.count).toBe(0);
  expect(heard).toEqual([]);
});

test("when all are heard it stops asking; and when one is not, it finds what it missed before it knew", async () => {
  live = [key(bob, nth(bob.devices, 0))];
  const beating = setInterval(() => others.hear(OTHER), 50);
  start({ isUp: true, everyMs: 500 });
  await vi.waitFor(() => expect(log.lines()).toContain("no polling"), 20_000);
  const before = metrics.polls.count;
  heard.length = 0;
  await say();
  expect(metrics.polls.count).toBe(before);
  expect(heard).toEqual([]);
  clearInterval(beating);
  poller.doubt();
  await vi.waitFor(() => expect(heard).toHaveLength(1), 10_000);
}, 40_000);
