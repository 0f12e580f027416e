// The terminal changes its size, on every screen of the client, down to one cell and back.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

const COLUMNS = 100;
const ROWS = 30;
const SHIFT_TAB = `${press.esc}[Z`;

let relay: TestRelay;
let alice: Person;
let bob: Person;
let terminal: VirtualTerminal;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await alice.ok(["group", "create", "music", "--room"]);
  await alice.ok([
    "send",
    "bob",
    "hello 漢字 👋 and a text that is long enough to be broken in many a terminal",
  ]);
  await bob.ok(["send", "alice", "```\nlet there = light;\n```"]);
  terminal = await openTui(alice, { columns: COLUMNS, rows: ROWS });
  await terminal.shows("● connected");
  await terminal.shows("let there = light");
});
afterAll(async () => {
  await closeTuis();
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

const SIZES = [
  [99, 30],
  [80, 24],
  [79, 24],
  [60, 16],
  [20, 60],
  [3, 3],
  [250, 2],
  [2, 70],
  [250, 70],
  [1, 1],
] as const;

/** What is on the screen once it does not change any more; round trips are never the same. */
async function settled(): Promise<string> {
  for (let before = ""; ; ) {
    const now = terminal.screen().replace(/\d+(\.\d+)? ms/g, "some ms");
    if (now === before) return now;
    before = now;
    await pause(120);
  }
}

test.each<readonly [string, readonly string[], string | RegExp]>([
  ["what is being written", ["one", `${press.esc}\r`, "two 漢字", `${press.esc}\r`, "three"], "three"],
  ["a chosen message", [SHIFT_TAB], "r reply"],
  ["the list", [press.tab], /Enter open|Enter go/],
  ["who has a message", [SHIFT_TAB, "v"], "Message"],
  ["the choice of a reaction", [SHIFT_TAB, ":"], "thumbsup"],
  ["a question", [SHIFT_TAB, "k", "d"], "Delete this message for everybody?"],
  ["the list of people", [press.alt("p")], /bob +/],
  ["the list of rooms", [press.alt("r")], "1 member"],
  ["a new group", [press.alt("n")], "[ ] bob"],
  ["a safety number", [press.alt("i")], "bob sees the same digits"],
  ["the screen of keys", [press.alt("k")], "one-time pair"],
  ["a search", [press.ctrl("f"), "hello"], "1 message, newest first"],
  ["the settings", [press.alt(",")], "Theme"],
  ["the help", [press.f1], "Esc back"],
  ["the palette", [press.ctrl("p")], "Go to"],
  ["the state of the relay", [press.ctrl("p"), "relay and", press.enter], /\d ms/],
])("%s is as before after a storm of sizes", async (_, keys, shown) => {
  for (const key of keys) {
    terminal.type(key);
    await pause(60);
  }
  await terminal.shows(shown);
  const before = await settled();
  for (const [columns, rows] of [...SIZES, ...SIZES.toReversed()]) {
    terminal.resize(columns, rows);
    await pause(columns % 2 === 0 ? 5 : 30);
  }
  terminal.resize(COLUMNS, ROWS);
  await terminal.until(
    () => terminal.screen().replace(/\d+(\.\d+)? ms/g, "some ms") === before,
    `it is as before:\n${before}\n`,
    5_000,
  );
  expect(terminal.isOnOtherScreen).toBe(true);
  // Back to an empty composer.
  terminal.type(press.esc);
  await pause(120);
  terminal.type(press.esc);
  await pause(120);
  terminal.type(press.ctrl("u").repeat(5));
  await terminal.shows("› Message bob");
});
