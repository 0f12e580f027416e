import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { encodeEphemeralHeader } from "../../keys/ephemeral-header.ts";
import {
  accountId,
  type ConversationId,
  conversationId,
  deviceId,
  hash,
  ready,
  toHex,
} from "../../keys/index.ts";
import { silent } from "../../test/support/log.ts";
import { ErrorReason, type RelayError } from "../errors.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { BusEvent } from "./bus.ts";
import { type CommittedRow, type DeviceKey, deviceKey } from "./committed-row.ts";
import type { DeviceStream } from "./device-stream.ts";
import { NatsBus } from "./nats-bus.ts";
import type { Link } from "./nats-link.ts";
import { OtherRelays } from "./other-relays.ts";

type Hear = (bytes: Uint8Array) => void;

/** NATS between the relays of a test. */
class Switchboard {
  readonly links: FakeLink[] = [];
  /** What was sent, by subject. */
  readonly sent: string[] = [];

  link(): FakeLink {
    const link = new FakeLink(this);
    this.links.push(link);
    return link;
  }

  pass(from: FakeLink | undefined, subject: string, bytes: Uint8Array): void {
    this.sent.push(subject);
    for (const link of this.links) if (link !== from && link.isUp) link.listening.get(subject)?.(bytes);
  }
}

class FakeLink implements Link {
  readonly listening = new Map<string, Hear>();
  readonly #switchboard: Switchboard;
  isUp = true;
  takes = true;
  onChange: (isUp: boolean) => void = () => undefined;

  constructor(switchboard: Switchboard) {
    this.#switchboard = switchboard;
  }

  send(subject: string, bytes: Uint8Array): boolean {
    if (!this.isUp || !this.takes) return false;
    this.#switchboard.pass(this, subject, bytes);
    return true;
  }

  async arrived(): Promise<boolean> {
    return this.isUp;
  }

  listen(subject: string, hear: Hear): () => void {
    this.listening.set(subject, hear);
    return () => this.listening.delete(subject);
  }

  change(isUp: boolean): void {
    this.isUp = isUp;
    this.onChange(isUp);
  }

  async close(): Promise<void> {
    this.isUp = false;
  }
}

/** A live stream that writes down what it gets. */
class Stream implements DeviceStream {
  readonly rows: CommittedRow[] = [];
  readonly heads: string[] = [];
  readonly signals: Uint8Array[] = [];
  ended: ErrorReason | undefined;

  push(_: ConversationId, row: CommittedRow): void {
    this.rows.push(row);
  }

  oweHead(id: ConversationId): void {
    this.heads.push(toHex(id));
  }

  signal(frame: Uint8Array): void {
    this.signals.push(frame);
  }

  end({ reason }: RelayError): void {
    this.ended = reason;
  }
}

interface TestRelay {
  readonly bus: NatsBus;
  readonly link: FakeLink;
  readonly others: OtherRelays;
  readonly heard: BusEvent[];
  readonly carried: BusEvent[];
  /** What its database says of devices that are said to be put out. */
  isShutOut: () => Promise<boolean>;
  doubts: number;
}

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const conversation = conversationId(filled(32, 9));
const key = (value: number): DeviceKey =>
  deviceKey(accountId(filled(32, value)), deviceId(filled(16, value)));
const [alice, bob, carol] = [key(1), key(2), key(3)];

let nats: Switchboard;
let one: TestRelay;
let two: TestRelay;

beforeAll(ready);
beforeEach(() => {
  nats = new Switchboard();
  [one, two] = [relay(1), relay(2)];
  for (const { others } of [one, two]) others.see([1, 2]);
  for (const { link } of [one, two]) link.change(true);
});
afterEach(() => Promise.all([one.bus.close(), two.bus.close()]));

function relay(own: number): TestRelay {
  const link = nats.link();
  const others = new OtherRelays(own);
  const [heard, carried]: [BusEvent[], BusEvent[]] = [[], []];
  const bus = new NatsBus({
    link,
    installation: "test",
    relay: own,
    others,
    carry: async (event) => {
      carried.push(event);
    },
    isShutOut: () => made.isShutOut(),
    metrics: createMetrics(),
    log: silent,
  });
  bus.subscribe((event) => heard.push(event));
  const made: TestRelay = {
    ...{ bus, link, others, heard, carried },
    isShutOut: async () => true,
    doubts: 0,
  };
  bus.onDoubt = () => {
    made.doubts += 1;
  };
  return made;
}

function live({ bus }: TestRelay, device: DeviceKey, lease = 1n): Stream {
  const stream = new Stream();
  bus.attend(device, stream, lease);
  return stream;
}

function message(sequence: bigint): Extract<BusEvent, { kind: "moved" }> {
  const row: CommittedRow = {
    sequence,
    rowHash: hash(filled(32, 1)),
    sender: alice,
    envelope: filled(400, 2),
    envelopeHash: filled(32, 3),
    wraps: [null, filled(50, 4), filled(50, 5)],
    slots: new Map([alice, bob, carol].map((device, slot) => [device, slot])),
    storedAt: 12n,
  };
  return { kind: "moved", conversationId: conversation, devices: [alice, bob, carol], row };
}

const removed = (value: number): BusEvent => ({
  kind: "removed",
  accountId: accountId(filled(32, value)),
  deviceId: deviceId(filled(16, value)),
});

test("a row goes to the devices that are live on another relay, each with its own wrap, and to no other", () => {
  live(one, alice);
  const [b, c] = [live(two, bob), live(two, carol)];
  nats.sent.length = 0;
  one.bus.publish(message(2n));
  expect(b.rows.map(({ wraps }) => wraps)).toEqual([[filled(50, 4)]]);
  expect(c.rows.map(({ wraps }) => wraps)).toEqual([[filled(50, 5)]]);
  // alice is live where it came from.
  expect(nats.sent).toEqual([bob, carol].map((device) => `sotto.v1.test.device.${device}`));
  expect(one.heard.map(({ kind }) => kind)).toEqual(["moved"]);
  // The writer there goes on from it.
  expect(two.heard).toMatchObject([1, 2].map(() => ({ kind: "added", row: { sequence: 2n } })));
});

test("the first row is told by its head, and so is a large one", () => {
  const b = live(two, bob);
  one.bus.publish(message(1n));
  const { row, ...rest } = message(2n);
  one.bus.publish({ ...rest, ...(row && { row: { ...row, envelope: filled(60_000, 1) } }) });
  expect(b.heads).toEqual([toHex(conversation), toHex(conversation)]);
});

test("who is not live any more hears nothing", () => {
  const b = live(two, bob);
  two.bus.leave(bob);
  one.bus.publish(message(2n));
  expect(b.rows).toEqual([]);
  expect(two.link.listening.size).toBe(1);
});

test("a signal reaches the devices elsewhere", () => {
  const b = live(two, bob);
  const names = { sender: accountId(filled(32, 1)), senderDevice: deviceId(filled(16, 1)) };
  const header = encodeEphemeralHeader({ conversation, ...names, nonce: filled(24, 1) });
  const frame = new Uint8Array(Buffer.concat([header, filled(300, 6)]));
  one.bus.publish({ kind: "signalled", devices: [bob, carol], frame });
  expect(b.signals).toEqual([frame]);
});

test("what is rare is told to all, once", async () => {
  one.others.hear(2);
  one.bus.publish(removed(7));
  one.bus.publish({ kind: "moved", conversationId: conversation, devices: [bob] });
  await turn();
  expect(two.heard).toEqual(expect.arrayContaining(one.heard));
  expect(two.heard).toHaveLength(2);
  expect(one.carried).toEqual([]);
});

test("nobody is put out whom the database lets in, whatever is said over NATS", async () => {
  const b = live(two, bob);
  two.isShutOut = async () => false;
  one.bus.publish(removed(2));
  await turn();
  expect([two.heard, b.ended, two.doubts]).toEqual([[], undefined, 1]);
  // Of one that does not answer, the poller asks again.
  two.isShutOut = () => Promise.reject(new Error("away"));
  for (let times = 0; times < 3; times += 1) one.bus.publish(removed(2));
  await turn();
  expect([two.heard, two.doubts]).toEqual([[], 4]);
  two.isShutOut = async () => true;
  one.bus.publish(removed(2));
  await turn();
  expect(two.heard).toEqual([removed(2)]);
});

test("a relay that is alone tells nobody", async () => {
  const only = relay(3);
  only.others.see([3]);
  nats.sent.length = 0;
  only.bus.publish(message(2n));
  only.bus.publish(removed(7));
  await turn();
  expect(nats.sent).toEqual([]);
  expect(only.carried).toEqual([]);
  expect(only.heard).toHaveLength(2);
  await only.bus.close();
});

test("without NATS, or beside a relay that is not heard there, what is rare goes another way", async () => {
  one.others.see([1, 2, 3]);
  one.bus.publish(removed(1));
  await turn();
  expect(one.carried).toHaveLength(1);
  one.others.hear(3);
  one.bus.publish(removed(2));
  await turn();
  expect(one.carried).toHaveLength(1);
  one.link.change(false);
  one.bus.publish(removed(3));
  await turn();
  expect(one.carried).toEqual([removed(1), removed(3)]);
});

for (const [here, there, wins] of [
  [1n, 2n, "later"],
  [2n, 2n, "later"],
  [3n, 2n, "earlier"],
] as const) {
  test(`of leases ${here} and ${there} the ${wins} stream goes on`, () => {
    const before = live(one, alice, here);
    const after = live(two, alice, there);
    const [on, off] = wins === "later" ? [after, before] : [before, after];
    expect(on.ended).toBeUndefined();
    expect(off.ended).toBe(ErrorReason.SUPERSEDED);
  });
}

test("two that went live while NATS was away are set right when it is back", () => {
  two.link.change(false);
  const low = live(two, alice, 1n);
  const high = live(one, alice, 2n);
  expect(low.ended).toBeUndefined();
  two.link.change(true);
  expect([low.ended, high.ended]).toEqual([ErrorReason.SUPERSEDED, undefined]);
});

test("what was left out is confessed with the next beat, once", () => {
  const b = live(two, bob);
  expect(two.doubts).toBe(1); // it has just come up itself
  one.link.takes = false;
  one.bus.publish(message(2n));
  expect(b.rows).toEqual([]);
  one.link.takes = true;
  one.link.change(true);
  expect(two.doubts).toBe(2);
  one.link.change(true);
  expect(two.doubts).toBe(2);
  expect(two.others.areHeard).toBe(true);
});

test("what was on its way when the line broke is confessed when it is back", () => {
  const b = live(two, bob);
  const before = two.doubts;
  // NATS takes what the client hands to the line, which breaks before it goes anywhere.
  const send = vi.spyOn(one.link, "send").mockReturnValue(true);
  one.bus.publish(message(2n));
  send.mockRestore();
  one.link.change(false);
  one.link.change(true);
  expect(b.rows).toEqual([]);
  expect(two.doubts).toBe(before + 1);
});

test("garbage and made-up events do no harm to a stream", () => {
  const b = live(two, bob);
  const subject = `sotto.v1.test.device.${bob}`;
  for (const bytes of [filled(0, 0), filled(1, 1), filled(500, 255), filled(4, 10)]) {
    nats.pass(undefined, subject, bytes);
    nats.pass(undefined, "sotto.v1.test.relays", bytes);
  }
  expect(b).toMatchObject({ rows: [], heads: [], signals: [], ended: undefined });
  expect(two.heard).toEqual([]);
  one.bus.publish(message(2n));
  expect(b.rows).toHaveLength(1);
});
