// Two people at two terminals, over a real relay.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

let relay: TestRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await alice.ok(["send", "me", "a note"]);
  await alice.ok(["send", "bob", "are you there?"]);
  await bob.ok(["send", "alice", "I am"]);
  await alice.ok(["read"]);
});
afterEach(closeTuis);
afterAll(async () => {
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

/** alice in her conversation with bob, and bob in his with her, both connected and here. */
async function face(): Promise<{ a: VirtualTerminal; b: VirtualTerminal }> {
  const [a, b] = await Promise.all([openTui(alice), openTui(bob)]);
  a.type(`/go bob${press.enter}`);
  await Promise.all([a.shows("› Message bob"), b.shows("› Message alice")]);
  await Promise.all([a.shows("● connected"), b.shows("● connected")]);
  return { a, b };
}

/** How far the message got that says this. */
function marked(text: string, mark: string): RegExp {
  return new RegExp(`${text} .* ${mark}$`, "m");
}

test("what one types and sends is seen at once, and how far it got", async () => {
  const { a, b } = await face();
  a.type("good mor");
  await b.shows("alice is typing");
  a.type(`ning${press.enter}`);
  await a.shows(/alice +good morning/);
  await b.shows(/alice +good morning/);
  await b.until(() => !b.screen().includes("is typing"), "who has sent does not type any more", 4_000);
  await a.shows(marked("good morning", "read"));
  b.type("h");
  await a.shows("bob is typing");
  b.type(`ello${press.enter}`);
  await a.shows(/bob +hello/);
  await b.shows(marked("hello", "read"));
});

test("each sees that the other is here, whoever came first", async () => {
  const a = await openTui(alice);
  await a.shows("● connected");
  const b = await openTui(bob);
  await a.shows(/bob {2}here/, 3_000);
  await b.shows(/alice {2}here/, 3_000);
  expect(b.screen()).toContain("●alice");
  b.type(press.ctrl("q"));
  await a.until(() => !/bob {2}here/.test(a.screen()), "he has left", 3_000);
});

test("who is elsewhere sees how much is new, and where it begins", async () => {
  const { a, b } = await face();
  a.type(press.altDown);
  await a.shows("› Message me");
  b.type(`one${press.enter}two${press.enter}`);
  await a.shows(/bob +2( |$)/m);
  await a.until(() => a.title === "(1) Sotto", "the title counts conversations");
  await b.shows(marked("two", "✓✓"));
  a.type(press.alt("a"));
  await a.shows(/─ new ─.*\n.*bob +one\n +two/);
  await a.until(() => !/bob +2( |$)/m.test(a.screen()) && a.title === "Sotto", "nothing is unread");
  await b.shows(marked("two", "read"));
  a.type(`answered${press.enter}`);
  await a.until(() => !a.screen().includes("─ new ─"), "who answers has seen what is new");
});

test("nothing is read while nobody looks, nor above or below what is on the screen", async () => {
  const { a, b } = await face();
  a.type(press.lookAway);
  b.type(`unseen${press.enter}`);
  await a.shows(/─ new ─.*\n.*bob +unseen/);
  await a.shows(/bob +1( |$)/m);
  await b.shows(marked("unseen", "✓✓"));
  a.type(press.lookAgain);
  await b.shows(marked("unseen", "read"));
  expect(a.screen()).not.toMatch(/bob +1( |$)/m);

  // More than is on the screen: what is below it is not read.
  a.type(press.lookAway);
  const text = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\\n");
  await bob.ok(["send", "alice", text.replaceAll("\\n", "\n")]);
  await bob.ok(["send", "alice", "after all of it"]);
  a.type(press.altDown);
  a.type(press.lookAgain);
  await a.shows("› Message me");
  await a.shows(/bob +2( |$)/m);
  a.type(press.alt("a"));
  await a.shows(/─ new ─.*\n.*line 0$/m);
  await a.shows("2 new messages below");
  await a.shows(/bob +2( |$)/m);
  a.type(press.pageDown.repeat(3));
  await a.shows("after all of it");
  await b.shows(marked("after all of it", "read"));
  expect(a.screen()).not.toMatch(/bob +2( |$)/m);
});
