import { afterEach, beforeEach, expect, test } from "vitest";
import { StubReason } from "../../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type AliceAndBob, aliceAndBob, send, sync, texts } from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readMessages } from "../messages/read-messages.ts";
import { findingsSince } from "../people/security.ts";
import { unreadableOf } from "./unreadable.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  await send(alice, "bob", "one");
  await sync(bob, alice, bob);
});
afterEach(() => world.remove());

/** The next message of alice's reaches bob with its wrap changed or taken away. */
async function sendBroken(text: string, wrap: (whole: Uint8Array) => Uint8Array): Promise<void> {
  await send(alice, "bob", text);
  world.relay.lies.deliveries = (rows) => rows.map((row) => ({ ...row, wrap: wrap(row.wrap) }));
  await sync(bob);
  world.relay.lies = {};
}

const changed = (wrap: Uint8Array) => wrap.map((byte, at) => (at === wrap.length - 1 ? byte ^ 1 : byte));
const renewedAt = () =>
  (bob.profile.db.prepare("select max(renewed_at) as at from peer_devices").get() as { at: number }).at;
const shownTo = ({ profile }: ProfileFixture) => readMessages(profile, { limit: 1 })[0]?.unreadable;

test("a fresh session is asked for once an hour, however much cannot be read", async () => {
  await sendBroken("two", changed);
  expect(shownTo(bob)).toMatchObject({ cause: "session_lost", remedy: expect.stringMatching(/^Ask alice/) });
  const first = renewedAt();
  expect(first).toBeGreaterThan(0);
  for (const text of ["three", "four"]) await sendBroken(text, changed);
  expect(renewedAt()).toBe(first);
  bob.ahead = 61 * 60 * 1000;
  await sendBroken("five", changed);
  expect(renewedAt()).toBeGreaterThan(first);
});

test("a clock that was a year ahead for once does not put off the next fresh session", async () => {
  bob.ahead = 365 * 24 * 60 * 60 * 1000;
  await sendBroken("two", changed);
  const then = renewedAt();
  bob.ahead = 0;
  await sendBroken("three", changed);
  // To that clock all of alice's prekeys were too old: it is made up for with the next message.
  await send(bob, "alice", "four");
  expect(renewedAt()).toBeLessThan(then);
});

test("a wrap that is kept from a device that its sender knows is told from one of before its time", async () => {
  await sendBroken("two", () => new Uint8Array());
  expect(shownTo(bob)).toMatchObject({ cause: "withheld" });
  expect(texts(bob).at(-1)).toBe("alice: [could not be read: it came without a key for this device]");
});

test("what the relay no longer keeps is one line, and no alarm", async () => {
  for (const text of ["two", "three", "four"]) await send(alice, "bob", text);
  const aged = { stub: StubReason.RETENTION, envelope: new Uint8Array(), wrap: new Uint8Array() };
  world.relay.lies.deliveries = (rows) => rows.map((row) => ({ ...row, ...aged }));
  await sync(bob);
  world.relay.lies = {};
  await send(alice, "bob", "five");
  await sync(bob);
  const got = readMessages(bob.profile, { limit: 10 });
  expect(got.map(({ unreadable, text }) => unreadable?.cause ?? text)).toEqual(["one", "retention", "five"]);
  expect(findingsSince(bob.profile, 0).filter(({ gravity }) => gravity === "stop")).toEqual([]);
});

test("every cause that can be kept has a sentence and a remedy", () => {
  for (const code of [
    "not_for_this_device",
    "lost_by_sender",
    "no_session",
    "malformed",
    "unsupported_version",
  ]) {
    const { why, remedy } = unreadableOf(code, "alice");
    expect(why).toMatch(/^[a-z]/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  }
});
