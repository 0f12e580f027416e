// What somebody hears who looks elsewhere, at a terminal that shows notifications.
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
  await bob.ok(["send", "alice", "good morning"]);
  await alice.ok(["read"]);
});
afterEach(closeTuis);
afterAll(async () => {
  await Promise.all([alice?.leave(), bob?.leave()]);
  await relay?.stop();
});

function told(terminal: VirtualTerminal): string[] {
  const [, ...begun] = terminal.output.split("\u001b]9;");
  return begun.map((rest) => rest.split("\u0007")[0] ?? "");
}

test("who looks elsewhere is told who writes, what only if that is wished, and nothing that a terminal obeys", async () => {
  const terminal = await openTui(alice, { env: { TERM_PROGRAM: "WezTerm" } });
  await terminal.shows("● connected");
  await bob.ok(["send", "alice", "you see this"]);
  await terminal.shows("you see this");
  expect(told(terminal)).toEqual([]);

  terminal.type(press.lookAway);
  await bob.ok(["send", "alice", "one"]);
  await terminal.until(() => told(terminal).length > 0, "a notification");
  await bob.ok(["send", "alice", "two"]);
  await terminal.shows("two");
  // One for both, unless the machine is so slow that the second is no burst any more.
  expect(new Set(told(terminal))).toEqual(new Set(["Sotto: bob writes"]));

  terminal.type(press.lookAgain);
  terminal.type(press.alt(","));
  await terminal.shows("Their content");
  terminal.type(`${press.down}${press.down}${press.down}`);
  await terminal.shows("▌ Their content");
  terminal.type(press.enter);
  await terminal.shows(/Their content +on/);
  terminal.type(press.esc);
  await terminal.shows("› Message bob");
  terminal.type(press.lookAway);
  await new Promise((resolve) => setTimeout(resolve, 4_200));
  await bob.ok(["send", "alice"], { input: "a\u001b]52;c;ZXZpbA==\u0007b; c\u009cd" });
  await terminal.until(() => told(terminal).at(-1)?.startsWith("bob: ") === true, "what he writes");
  expect(told(terminal).at(-1)).toBe("bob: a␛]52,c,ZXZpbA==␇b, c\\u{9c}d");
  expect(terminal.output).not.toContain("\u001b]52");
}, 60_000);
