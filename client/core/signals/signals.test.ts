import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toHex } from "../../../keys/index.ts";
import { type AliceAndBob, aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversation } from "../../store/conversations.ts";
import { saveSetting } from "../../store/settings.ts";
import { type ConnectionState, followRelay } from "../connection/follow.ts";
import { findConversationWith, resolveTo } from "../conversations/conversations.ts";
import { sendTyping } from "./send-typing.ts";
import { sealSignal } from "./signal-frames.ts";
import { Signals } from "./signals.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let stopping: AbortController;
let running: Promise<unknown>[];

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  stopping = new AbortController();
  running = [];
  await send(alice, "bob", "hello");
  await sync(bob);
  await send(bob, "alice", "hi");
  await sync(alice, bob, alice, bob);
});
afterEach(async () => {
  vi.useRealTimers();
  stopping.abort();
  await Promise.all(running);
  world.remove();
});

/** A live session, and what it says of others. */
async function live(at: ProfileFixture) {
  const signals = new Signals(at.profile);
  const said: string[] = [];
  signals.subscribe(({ from, kind, isOn, conversation }) => {
    said.push(`${from} ${kind} ${isOn ? "on" : "off"} in ${conversation}`);
  });
  const states: ConnectionState[] = [];
  const mine = new AbortController();
  const signal = AbortSignal.any([mine.signal, stopping.signal]);
  const ended = followRelay(at.profile, at.connect, {
    signal,
    signals,
    onConnection: (state) => states.push(state),
  });
  running.push(ended);
  await until(() => states.includes("connected"));
  const stop = async () => {
    mine.abort();
    await ended;
  };
  return { signals, said, stop };
}

async function until(test: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !test(); ) {
    if (Date.now() > end) throw new Error("waited in vain");
    await sleep(10);
  }
}

const streamOf = (at: ProfileFixture) =>
  [...world.relay.streams].find(({ device }) => toHex(device.deviceId) === toHex(at.address.deviceId));

function frameOf(from: ProfileFixture, to: string): Uint8Array {
  const found = findConversationWith(from.profile, resolveTo(from.profile, to));
  const stored = readConversation(from.profile.db, found?.conversation ?? 0);
  const signal = { kind: "typing", isOn: true } as const;
  return sealSignal(from.profile, stored, signal, from.profile.runtime.now()) ?? new Uint8Array();
}

test("whoever types is seen typing until he ceases", async () => {
  const [one, other] = [await live(alice), await live(bob)];
  other.signals.typing("alice");
  await until(() => one.said.length === 1);
  expect(one.signals.who("typing", "bob")).toEqual(["bob"]);
  expect(one.signals.who("presence", "bob")).toEqual([]);
  other.signals.typing("alice", false);
  await until(() => one.said.length === 2);
  expect(one.signals.who("typing", "bob")).toEqual([]);
  expect(one.said).toEqual(["bob typing on in bob", "bob typing off in bob"]);
  expect(other.said).toEqual([]);
});

test("typing that is not said again lapses by itself, but not when nobody follows any more", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const signals = new Signals(alice.profile);
  const said: string[] = [];
  const stop = signals.subscribe(({ isOn }) => said.push(isOn ? "on" : "off"));
  signals.hear([frameOf(bob, "alice")]);
  vi.advanceTimersByTime(5_900);
  expect(said).toEqual(["on"]);
  alice.ahead = bob.ahead = 6_100;
  vi.advanceTimersByTime(200);
  expect([said, signals.who("typing", "bob")]).toEqual([["on", "off"], []]);
  signals.hear([frameOf(bob, "alice")]);
  signals.end();
  alice.ahead = 20_000;
  vi.advanceTimersByTime(20_000);
  expect(said).toEqual(["on", "off", "on"]);
  stop();
  signals.hear([]);
  expect(said).toEqual(["on", "off", "on"]);
});

test("to type on costs one frame in three seconds", async () => {
  const { signals } = await live(bob);
  const sent: Uint8Array[] = [];
  signals.attach({ signal: (frame) => sent.push(frame) });
  for (let index = 0; index < 100; index += 1) signals.typing("alice");
  expect(sent.length).toBe(1);
  bob.ahead = 3_000;
  signals.typing("alice");
  expect(sent.length).toBe(2);
  signals.typing("alice", false);
  signals.typing("alice", false);
  expect(sent.length).toBe(3);
  // Nobody is there to hear this, and that is no fault.
  for (const to of ["me", "carol"]) signals.typing(to);
  expect(sent.length).toBe(3);
});

test("who comes and goes in one millisecond is seen to go, however often", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const [hearer, speaker] = [new Signals(alice.profile), new Signals(bob.profile)];
  const said: boolean[] = [];
  hearer.subscribe(({ isOn }) => said.push(isOn));
  speaker.attach({ signal: (frame) => hearer.hear([frame]) });
  for (const isTyping of [true, false, true, false]) speaker.typing("alice", isTyping);
  expect(said).toEqual([true, false, true, false]);
  // A clock that was put right is followed: what bears a time of the future is not heard.
  bob.ahead = 120_000;
  speaker.typing("alice");
  bob.ahead = 0;
  const newcomer = new Signals(alice.profile);
  speaker.attach({ signal: (frame) => newcomer.hear([frame]) });
  speaker.typing("alice");
  expect(newcomer.who("typing", "bob")).toEqual(["bob"]);
  newcomer.end();
  hearer.end();
});

test("presence goes to those with whom one talks, and ends at once for who goes", async () => {
  const [one, other] = [await live(alice), await live(bob)];
  await other.signals.announcePresence();
  await until(() => one.said.length === 1);
  expect(one.signals.who("presence", "bob")).toEqual(["bob"]);
  await other.signals.announcePresence(false);
  await until(() => one.said.length === 2);
  expect(one.said).toEqual(["bob presence on in bob", "bob presence off in bob"]);
});

test("who comes is greeted at once, and not at each coming and going", async () => {
  const { signals } = await live(bob);
  const sent: Uint8Array[] = [];
  signals.attach({ signal: (frame) => sent.push(frame) });
  for (let index = 0; index < 100; index += 1) signals.greet("alice");
  expect(sent.length).toBe(1);
  bob.ahead = 5_000;
  signals.greet("alice");
  expect(sent.length).toBe(2);
});

test("a relay that floods with recorded frames shows one typist, and the messages go on", async () => {
  const one = await live(alice);
  const frame = frameOf(bob, "alice");
  const stream = streamOf(alice);
  if (stream === undefined) throw new Error("not live");
  for (let index = 0; index < 10_000; index += 1) stream.pushSignals([frame, new Uint8Array(400)]);
  stream.pushSignals(Array.from({ length: 100_000 }, () => frame));
  await send(bob, "alice", "still there?");
  await until(
    () =>
      readConversation(alice.profile.db, 1).openedSequence ===
      world.relay.log(alice.address.accountId, bob.address.accountId).head.sequence,
  );
  expect(one.said).toEqual(["bob typing on in bob"]);
});

test("nothing of it is kept", async () => {
  const one = await live(alice);
  await sleep(500);
  const own = alice.open();
  const before = own.db.serialize();
  expect(await sendTyping(bob.profile, bob.connect, "alice")).toBe(true);
  await until(() => one.said.length === 1);
  expect(own.db.serialize().equals(before)).toBe(true);
  own.db.close();
});

test("who says once that he types hears whether anybody can see it", async () => {
  const say = (to: string) =>
    sendTyping(bob.profile, bob.connect, to).catch((error: { code: string }) => error.code);
  expect(await say("alice")).toBe(true);
  expect([await say("me"), await say("carol")]).toEqual(["unknown_conversation", "unknown_conversation"]);
  saveSetting(bob.profile.db, "typing", "off");
  expect(await say("alice")).toBe(false);
  world.relay.isDown = true;
  expect(await say("alice")).toBe("unreachable");
});

test("a session that has ended says and hears nothing more", async () => {
  const [one, other] = [await live(alice), await live(bob)];
  await one.stop();
  await other.stop();
  other.signals.typing("alice");
  await other.signals.announcePresence();
  await sleep(100);
  expect(one.said).toEqual([]);
  expect(one.signals.who("typing", "bob")).toEqual([]);
});
