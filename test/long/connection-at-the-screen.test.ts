// A terminal whose way to the relay goes silent or breaks, and one whose client is killed.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type BadLine, badLine } from "../support/bad-line.ts";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

let relay: TestRelay;
let line: BadLine;
/** Behind the bad line. */
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await startTestRelay();
  line = await badLine(relay.url);
  [alice, bob] = await Promise.all([person("alice", line.url), person("bob", relay.url)]);
  await alice.ok(["send", "me", "a note"]);
  await alice.ok(["send", "bob", "hello"]);
  await bob.ok(["send", "alice", "hi"]);
});
afterEach(async () => {
  line.speak();
  await closeTuis();
});
afterAll(async () => {
  await Promise.all([alice?.leave(), bob?.leave()]);
  line?.close();
  await relay?.stop();
});

async function withBob(): Promise<VirtualTerminal> {
  const a = await openTui(alice);
  a.type(`/go bob${press.enter}`);
  await a.shows("› Message bob");
  await a.shows("● connected");
  return a;
}

/** The texts on the screen that are numbered so, from above. */
function numbered(terminal: VirtualTerminal, word: string): string[] {
  return terminal.screen().match(new RegExp(`\\b${word} \\d+\\b`, "g")) ?? [];
}

function row(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${word} ${at}`);
}

test("a dead network is noticed without a key, said in words, and nothing is lost or doubled", async () => {
  const a = await withBob();
  line.silence();
  await a.shows("○ offline", 10_000);
  expect(a.screen()).toContain("What you send waits and goes out by itself.");
  for (const text of row("late", 5)) a.type(`${text}${press.enter}`);
  await a.shows(/late 4 .*queued/);
  await a.shows("5 messages wait and go out by themselves.");
  await a.shows("5 messages queued");
  await a.shows(/bob +↑5/);
  for (const text of row("meanwhile", 5)) await bob.ok(["send", "alice", text]);
  line.speak();
  await a.shows("● connected", 20_000);
  await a.shows("meanwhile 4");
  await a.shows(/late 4 .*✓/);
  await a.until(() => !/queued|wait/.test(a.screen()), "nothing waits any more");
  expect(numbered(a, "late")).toEqual(row("late", 5));
  expect(numbered(a, "meanwhile")).toEqual(row("meanwhile", 5));
  const received = await bob.json(["read"]);
  expect(received.map(({ text }) => text).filter((text) => String(text).startsWith("late"))).toEqual(
    row("late", 5),
  );
});

test("a connection that breaks again and again costs nothing that is said meanwhile", async () => {
  const a = await withBob();
  for (let times = 0; times < 3; times++) {
    line.cut();
    a.type(`mine ${times}${press.enter}`);
    await bob.ok(["send", "alice", `his ${times}`]);
  }
  await a.shows("● connected");
  await a.shows("his 2");
  await a.shows(/mine 2 .*✓/);
  expect(numbered(a, "mine")).toEqual(row("mine", 3));
  expect(numbered(a, "his")).toEqual(row("his", 3));
});

test("a client that is killed comes back where it was, with what was being written", async () => {
  const a = await withBob();
  a.type(`/go me${press.enter}`);
  await a.shows("› Message me");
  a.type("half a thought");
  await a.shows("› half a thought");
  await new Promise((resolve) => setTimeout(resolve, 600));
  a.kill("SIGKILL");
  await a.exited;
  const again = await openTui(alice);
  await again.shows(/▌ me/);
  await again.shows("› half a thought");
  await again.shows("● connected");
});
