// A terminal and other processes of the same profile: each sees what the other does.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";

let relay: TestRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await alice.ok(["send", "me", "a note"]);
  await alice.ok(["send", "bob", "hello"]);
  await bob.ok(["send", "alice", "hi"]);
});
afterEach(closeTuis);
afterAll(async () => {
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

/** Half a second is meant; a test on a busy machine is no stopwatch. A slow look alone would take longer. */
const SOON_MS = 1_900;

test("what commands send and read is on the screen at once", async () => {
  const a = await openTui(alice);
  await a.shows("● connected");
  a.type(`/go me${press.enter}`);
  await a.shows("› Message me");
  await bob.ok(["send", "alice", "news"]);
  await a.shows(/bob +1( |$)/m, SOON_MS);
  await alice.ok(["send", "me", "from a command"]);
  await a.shows("from a command", SOON_MS);
  await alice.ok(["read"]);
  await a.until(() => !/bob +1( |$)/m.test(a.screen()), "nothing is unread", SOON_MS);
  await alice.ok(["group", "create", "made-elsewhere"]);
  await a.shows("#made-elsewhere", SOON_MS);
});

test("what is written at the screen and comes in there is told by a command that follows", async () => {
  const tail = alice.start(["tail", "--json"]);
  const a = await openTui(alice);
  a.type(`/go bob${press.enter}`);
  await a.shows("› Message bob");
  await a.shows(/●/);
  const has = (text: string) => (lines: string[]) => lines.some((line) => line.includes(text));
  await bob.ok(["send", "alice", "for both of you"]);
  await Promise.all([a.shows("for both of you"), tail.until(has("for both of you"))]);
  a.type(`typed here${press.enter}`);
  await a.shows(/typed here .*✓/);
  const [last] = (await bob.json(["read"])).slice(-1);
  expect(last).toMatchObject({ text: "typed here", from: "alice" });
  await tail.kill();
  // Whoever held the connection is gone: the screen takes over.
  await bob.ok(["send", "alice", "still there?"]);
  await a.shows("still there?");
  await a.shows("● connected ");
});

test("two screens of one profile agree on what is written, sent and read", async () => {
  const [one, other] = await Promise.all([openTui(alice), openTui(alice)]);
  for (const screen of [one, other]) screen.type(`/go me${press.enter}`);
  await Promise.all([one.shows("› Message me"), other.shows("› Message me")]);
  await bob.ok(["send", "alice", "to the two of you"]);
  await Promise.all([one.shows(/bob +1( |$)/m), other.shows(/bob +1( |$)/m)]);
  one.type(press.alt("a"));
  await one.shows("to the two of you");
  await other.until(() => !/bob +1( |$)/m.test(other.screen()), "it is read in the other too");
  one.type("a dra");
  await other.shows(/bob +draft/);
  other.type(`/go bob${press.enter}`);
  await other.shows("› a dra");
  other.type(`ft${press.enter}`);
  await other.shows(/a draft .*✓/);
  await one.shows(/a draft .*✓/);
  await one.shows("› Message bob");
});
