// What two people do with each other's messages, each at a terminal, over a real relay.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

let relay: TestRelay;
let alice: Person;
let bob: Person;
/** alice's terminal and bob's, from the first test to the last. */
let a: VirtualTerminal;
let b: VirtualTerminal;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await alice.ok(["group", "create", "music", "--room"]);
  [a, b] = await Promise.all([openTui(alice), openTui(bob)]);
  await Promise.all([a.shows("● connected"), b.shows("● connected")]);
});
afterAll(async () => {
  await closeTuis();
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

/** From the composer to the newest message, a key there, and back. */
async function onNewest(terminal: VirtualTerminal, key: string): Promise<void> {
  terminal.type(`${press.esc}[Z`);
  await terminal.shows(chosen(""));
  terminal.type(`G${key}`);
}

/** To the composer; what came right after the escape would be taken for a key with Alt. */
async function back(terminal: VirtualTerminal): Promise<void> {
  terminal.type(press.esc);
  await terminal.until(() => !chosen("").test(terminal.screen()), "nothing is chosen");
}

/** The message that the cursor of the transcript is on, right of the list. */
function chosen(text: string): RegExp {
  return new RegExp(`^.{23}▌.*${text}`, "m");
}

test("a room is found and joined, and what is said there is told of its members", async () => {
  b.type(press.alt("r"));
  await b.shows(/music +1 member/);
  b.type(press.enter);
  await b.shows("› Message #music");
  await a.shows("bob joined");
  b.type(`hello room${press.enter}`);
  await a.shows(/bob +hello room/);
  await b.shows("2 members");
});

test("an invitation to a group is seen at once, and accepted where it is shown", async () => {
  a.type(press.alt("n"));
  await a.shows("[ ] bob");
  a.type(`ops${press.enter}`);
  a.type(`${press.tab}bob${press.enter}`);
  await a.shows("[x] bob");
  a.type(`${press.up}${press.enter}`);
  await a.shows("› Message #ops");
  await b.shows(/ops +invited/);
  b.type(`${press.tab}g`);
  await b.shows(/▌ ?#?ops/);
  b.type(press.enter);
  await b.shows("alice invites you to ops");
  b.type(press.enter);
  await b.shows("› Message #ops");
  await a.shows("bob joined");
  a.type(`the build is red${press.enter}`);
  await b.shows(/alice +the build is red/);
});

test("a vote counts once, is switched by the other, and is taken back by the same again", async () => {
  await onNewest(b, "+");
  await b.shows("▲1*");
  await a.shows(/▲1 ▼0/);
  b.type("-");
  await b.shows(/▲0 ▼1\*/);
  await a.shows(/▲0 ▼1 /);
  await onNewest(a, "-");
  await a.shows("▼2*");
  b.type("-");
  await a.shows(/▲0 ▼1\*/);
  a.type("-");
  await b.until(() => !/[▲▼]/.test(b.screen()), "no vote is left");
  await a.until(() => !/[▲▼]/.test(a.screen()), "no vote is left");
  await Promise.all([back(a), back(b)]);
});

test("an answer names what it answers, and leads there", async () => {
  for (let line = 0; line < 40; line++) a.type(`filler ${line}${press.enter}`);
  await b.shows("filler 39");
  b.type(`${press.esc}[Z`);
  b.type("g");
  await b.shows(chosen("the build is red"));
  b.type("r");
  b.type(`on it${press.enter}`);
  await a.shows(/↳ alice: the build is red\n +on it/);
  expect(a.screen()).not.toMatch(/alice +the build is red/);
  await onNewest(a, "o");
  await a.shows(chosen("the build is red"));
  a.type("G");
  await a.shows(chosen("on it"));
  await back(a);
});

test("an edit, a reaction and a pin are seen by both, and a deleted message by nobody", async () => {
  b.type(`mended${press.enter}`);
  await a.shows("mended");
  await onNewest(b, "e");
  await b.shows("› mended");
  b.type(` for good${press.enter}`);
  await a.shows(/mended for good.* edited/);
  await onNewest(a, ":");
  await a.shows("thumbsup");
  a.type(`tada${press.enter}`);
  await b.shows(/mended for good.* edited.* 🎉 1 /);
  a.type("p");
  await b.shows(/mended for good.* pinned/);
  await onNewest(b, "d");
  await b.shows("Delete this message for everybody?");
  b.type("d");
  await a.shows("message deleted");
  await b.shows("message deleted");
  for (const terminal of [a, b]) expect(terminal.screen()).not.toContain("mended");
  await Promise.all([back(a), back(b)]);
});

test("a search leads to where it was said, and on from there", async () => {
  b.type(press.ctrl("f"));
  b.type('"filler 3" in:#ops');
  await b.shows("1 message, newest first");
  b.type(press.enter);
  await b.shows(chosen("filler 3"));
  expect(b.screen()).toContain("filler 2");
  expect(b.screen()).toContain("filler 4");
  b.type("G");
  await b.shows("message deleted");
});
