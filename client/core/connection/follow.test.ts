import { utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob, send, sync, texts } from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import type { StreamDouble } from "../../../test/support/relay-double.ts";
import { NetError } from "../../net/net-error.ts";
import type { SecurityEvent } from "../../store/security-events.ts";
import { watchMessages } from "../inbox/watch-messages.ts";
import type { Message } from "../messages/message.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { closeProfile, type Profile } from "../profile.ts";
import { type ConnectionState, followRelay } from "./follow.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let stopping: AbortController;
let running: Promise<unknown>[];
let opened: Profile[];

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  stopping = new AbortController();
  running = [];
  opened = [];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(running);
  for (const profile of opened) closeProfile(profile);
  world.remove();
});

interface Follower {
  readonly states: ConnectionState[];
  readonly found: SecurityEvent[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** As a process of its own: with its own connection to the database. */
function follow(at: ProfileFixture): Follower {
  const profile = at.open();
  opened.push(profile);
  const mine = new AbortController();
  const states: ConnectionState[] = [];
  const found: SecurityEvent[] = [];
  const ended = followRelay(profile, at.connect, {
    signal: AbortSignal.any([mine.signal, stopping.signal]),
    onConnection: (state) => states.push(state),
    onFindings: (events) => found.push(...events),
  });
  running.push(ended.catch(() => undefined));
  return { states, found, ended, stop: () => mine.abort() };
}

function watch(
  at: ProfileFixture,
  options: { conversations?: string[]; after?: number; othersOnly?: boolean } = {},
) {
  const seen: Message[] = [];
  const messages = watchMessages(at.profile, { ...options, signal: stopping.signal });
  running.push(
    (async () => {
      for await (const message of messages) seen.push(message);
    })(),
  );
  return seen;
}

async function until(test: () => boolean, what = "something", timeout = 10_000): Promise<void> {
  for (const end = Date.now() + timeout; !test(); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}

const live = (at: ProfileFixture): StreamDouble[] =>
  [...world.relay.streams].filter(({ device }) => Buffer.compare(device.deviceId, at.address.deviceId) === 0);
const said = (messages: readonly Message[]) => messages.map(({ from, text }) => `${from}: ${text}`);

test("what is pushed shows up in every process that watches", async () => {
  const one = watch(bob);
  const other = bob.open();
  opened.push(other);
  follow(bob);
  await until(() => live(bob).length === 1);
  await send(alice, "bob", "1");
  await send(alice, "bob", "2");
  await until(() => one.length === 2);
  expect(said(one)).toEqual(["alice: 1", "alice: 2"]);
  expect(one[0]).toMatchObject({ state: "received", arrival: expect.any(Number) });
  // The confirmation went out by itself.
  await until(() => world.relay.submits.length === 3);
  await send(bob, "alice", "3");
  await until(() => one.length === 3);
  const later = watch(bob, { after: one[0]?.arrival ?? 0, othersOnly: true });
  await until(() => later.length === 1);
  expect(said(later)).toEqual(["alice: 2"]);
});

test("only the wanted conversations are watched", async () => {
  const mine = watch(alice, { conversations: ["me"] });
  const all = watch(alice);
  await send(alice, "bob", "hello");
  await send(alice, "me", "note");
  await until(() => all.length === 2);
  expect(said(mine)).toEqual(["alice: note"]);
  expect(() => watch(alice, { conversations: ["#ops"] })).toThrow("no group or room");
});

test("a stream that breaks is opened again and misses nothing", async () => {
  const seen = watch(bob);
  const follower = follow(bob);
  await until(() => live(bob).length === 1);
  await send(alice, "bob", "1");
  await until(() => seen.length === 1);
  world.relay.isDown = true;
  live(bob)[0]?.break(new NetError("unreachable", "gone"));
  await until(() => follower.states.includes("offline"));
  world.relay.isDown = false;
  await send(alice, "bob", "2");
  await until(() => seen.length === 2);
  live(bob)[0]?.break(new NetError("refused", "token_expired", { reason: "token_expired" }));
  await send(alice, "bob", "3");
  await until(() => seen.length === 3);
  expect(said(seen)).toEqual(["alice: 1", "alice: 2", "alice: 3"]);
  expect(follower.states.slice(0, 3)).toEqual(["connecting", "connected", "offline"]);
});

test("a push that is left out is made up for when the relay names the head, or asks for a resync", async () => {
  const seen = watch(bob);
  follow(bob);
  await until(() => live(bob).length === 1);
  await send(alice, "bob", "1");
  await until(() => seen.length === 1);
  world.relay.lies.deliveries = () => [];
  await send(alice, "bob", "2");
  world.relay.lies = {};
  const log = world.relay.log(alice.address.accountId, bob.address.accountId);
  live(bob)[0]?.pushHeads([world.relay.describe(log, "")]);
  await until(() => seen.length === 2);
  world.relay.lies.deliveries = () => [];
  await send(alice, "bob", "3");
  world.relay.lies = {};
  live(bob)[0]?.resync();
  await until(() => seen.length === 3);
  world.relay.lies.deliveries = () => [];
  await send(alice, "bob", "4");
  world.relay.lies = {};
  await send(alice, "bob", "5");
  await until(() => seen.length === 5);
  expect(said(seen)).toEqual(["1", "2", "3", "4", "5"].map((text) => `alice: ${text}`));
});

test("a relay that pushes more than can be taken in fills no memory: the stream is opened anew", async () => {
  const seen = watch(bob);
  follow(bob);
  await until(() => live(bob).length === 1);
  await send(alice, "bob", "1");
  await until(() => seen.length === 1);
  const [flooded] = live(bob);
  const log = world.relay.log(alice.address.accountId, bob.address.accountId);
  const head = world.relay.describe(log, "");
  flooded?.pushHeads(Array.from({ length: 5_001 }, () => head));
  await until(() => live(bob).length === 1 && live(bob)[0] !== flooded);
  await send(alice, "bob", "2");
  await until(() => seen.length === 2);
  expect(said(seen)).toEqual(["alice: 1", "alice: 2"]);
});

test("one process of a profile follows, the next takes over when it stops", async () => {
  const seen = watch(bob);
  const first = follow(bob);
  await until(() => live(bob).length === 1);
  const second = follow(bob);
  await until(() => second.states.length > 0);
  expect(second.states).toEqual(["waiting"]);
  expect(live(bob).length).toBe(1);
  const lease = live(bob)[0]?.lease ?? 0n;
  first.stop();
  await first.ended;
  await until(() => second.states.includes("connected"));
  expect(live(bob)[0]?.lease).toBeGreaterThan(lease);
  await send(alice, "bob", "still there?");
  await until(() => seen.length === 1);
});

test("a suspended holder is taken over from, and goes back in line when it wakes up", async () => {
  const first = follow(bob);
  await until(() => live(bob).length === 1);
  const second = follow(bob);
  await until(() => second.states.length > 0);
  const longAgo = new Date(Date.now() - 11_000);
  await until(() => {
    // The first is awake in truth, and says so now and then.
    utimesSync(bob.paths.liveLock, longAgo, longAgo);
    return second.states.includes("connected");
  });
  // The first was superseded; both are awake now, and one of them holds the stream.
  await until(() => first.states.filter((state) => state === "waiting" || state === "connected").length > 1);
  await sleep(1_000);
  expect(live(bob).length).toBe(1);
  const seen = watch(bob);
  await send(alice, "bob", "hello");
  await until(() => seen.length === 1);
});

test("a relay that has fallen silent is noticed within ten seconds", async () => {
  const follower = follow(bob);
  await until(() => live(bob).length === 1);
  const stream = live(bob)[0];
  if (stream !== undefined) stream.isSilent = true;
  const start = Date.now();
  await until(() => follower.states.includes("offline"), "the silence to be noticed", 10_000);
  expect(Date.now() - start).toBeGreaterThan(3_000);
  await until(() => follower.states.filter((state) => state === "connected").length === 2);
});

test("whoever is stopped while it connects ends, too", async () => {
  const mine = new AbortController();
  const ended = followRelay(bob.profile, bob.connect, {
    signal: AbortSignal.any([mine.signal, stopping.signal]),
    onConnection: (state) => {
      if (state === "connecting") mine.abort();
    },
  });
  running.push(ended);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await until(() => isOver, "the end");
});

test("whoever follows sends what was left in the outbox", async () => {
  const follower = follow(alice);
  await until(() => follower.states.includes("connected"));
  queueMessage(alice.profile, { to: "bob", text: "by a process that died" });
  await until(() => world.relay.submits.length === 1);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: by a process that died"]);
});

test("what is wrong is told, and the rest goes on", async () => {
  await send(alice, "bob", "1");
  await sync(bob, alice, bob);
  const follower = follow(bob);
  const seen = watch(bob);
  await until(() => live(bob).length === 1);
  world.relay.lies.deliveries = (rows) => rows.map((row) => ({ ...row, rowHash: new Uint8Array(32) }));
  await send(alice, "bob", "2");
  await until(() => follower.found.length === 1);
  expect(follower.found).toMatchObject([{ kind: "log_invalid", gravity: "stop" }]);
  world.relay.lies = {};
  await send(bob, "me", "note");
  await until(() => seen.length === 1);
  live(bob)[0]?.break(new NetError("unreachable", "gone"));
  await until(() => seen.length === 2);
  expect(said(seen)).toEqual(["bob: note", "alice: 2"]);
});

test("a device that the relay does not take any more stops following", async () => {
  const follower = follow(bob);
  await until(() => live(bob).length === 1);
  live(bob)[0]?.break(new NetError("refused", "unknown_device", { reason: "unknown_device" }));
  await expect(follower.ended).rejects.toMatchObject({ reason: "unknown_device" });
});
