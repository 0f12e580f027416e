// People, groups, details, search and keys in the real client, over a real relay.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LAUNCHER, type Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

const ENTER = "\r";
const ESC = "\u001b";
const CTRL_F = "\u0006";
const CTRL_Q = "\u0011";
const ALT = (key: string) => `${ESC}${key}`;

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;
const terminals: VirtualTerminal[] = [];

beforeAll(async () => {
  relay = await spawnRelay();
  alice = await person("alice", relay.url);
  bob = await person("bob", relay.url);
  await alice.chat(["send", "bob", "the deploy is green"]);
  await bob.chat(["send", "alice", "good to hear"]);
});
afterEach(async () => {
  for (const terminal of terminals.splice(0)) await terminal.close();
});
afterAll(() => relay.stop());

async function opened(by: Person): Promise<VirtualTerminal> {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    env: by.environment(),
    cwd: by.home,
    columns: 96,
    rows: 30,
  });
  terminals.push(terminal);
  await terminal.shows("● connected");
  return terminal;
}

async function left(terminal: VirtualTerminal): Promise<void> {
  terminal.type(CTRL_Q);
  expect((await terminal.exited).code).toBe(0);
}

test("somebody who registers appears among the people, and is written to", async () => {
  const terminal = await opened(alice);
  terminal.type(ALT("p"));
  await terminal.shows("bob");
  await person("carol", relay.url);
  await terminal.shows("carol");
  terminal.type("car");
  await terminal.shows("› car");
  terminal.type(ENTER);
  await terminal.shows("› Message");
  terminal.type(`welcome${ENTER}`);
  await terminal.shows("welcome");
  await left(terminal);
});

test("a group is made with who is found, and its details show them", async () => {
  const terminal = await opened(alice);
  terminal.type(ALT("n"));
  await terminal.shows("New group or room");
  await terminal.shows("[ ] bob");
  terminal.type(`oncall${ENTER}`);
  await terminal.shows("oncall");
  terminal.type("\tbo");
  await terminal.shows("› bo");
  terminal.type(ENTER);
  await terminal.shows("[x] bob");
  terminal.type(`${ESC}[A${ENTER}`);
  await terminal.shows("#oncall");
  await terminal.shows("› Message");
  terminal.type(ALT("i"));
  await terminal.shows("invited by alice");
  await left(terminal);
});

test("both see the same safety number", async () => {
  const numbers: string[] = [];
  for (const [one, other] of [
    [alice, "bob"],
    [bob, "alice"],
  ] as const) {
    const terminal = await opened(one);
    terminal.type(ALT("k"));
    await terminal.shows("Safety numbers");
    await terminal.shows("one-time pair");
    // Below the prekeys and the device.
    terminal.type(`${ESC}[B${ESC}[B`);
    terminal.type(ENTER);
    await terminal.shows(`${other} sees the same digits`);
    numbers.push((terminal.screen().match(/\b\d{5}\b/g) ?? []).join(""));
    await left(terminal);
  }
  expect(numbers[0]).toMatch(/^\d{60}$/);
  expect(numbers[1]).toBe(numbers[0]);
});

test("a search goes to where it was said", async () => {
  const terminal = await opened(bob);
  terminal.type(CTRL_F);
  await terminal.shows("Type a word");
  terminal.type("depl*");
  await terminal.shows("1 message, newest first");
  terminal.type(ENTER);
  await terminal.shows("› Message");
  await terminal.shows("the deploy is green");
  await left(terminal);
});
