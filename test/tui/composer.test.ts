// Writing in the real client: what is kept, where, and what an editor does with it.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LAUNCHER, type Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

const CTRL_O = "\u000f";
const CTRL_Q = "\u0011";
const CTRL_U = "\u0015";

let relay: SpawnedRelay;
let alice: Person;
const terminals: VirtualTerminal[] = [];

beforeAll(async () => {
  relay = await spawnRelay();
  alice = await person("alice", relay.url);
  await alice.chat(["send", "me", "a first note"]);
});
afterEach(async () => {
  for (const terminal of terminals.splice(0)) await terminal.close();
});
afterAll(() => relay.stop());

/** The client with alice's notes open and nothing written. */
async function opened(extra: Record<string, string> = {}): Promise<VirtualTerminal> {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    env: alice.environment(extra),
    cwd: alice.home,
  });
  terminals.push(terminal);
  await terminal.shows("a first note");
  return terminal;
}

/** Quits, with nothing written. */
async function left(terminal: VirtualTerminal): Promise<void> {
  terminal.type(`${CTRL_U}${CTRL_Q}`);
  await terminal.exited;
}

test("a draft survives that the client is killed, and is gone once it is sent", async () => {
  const killed = await opened();
  killed.type("half a thou");
  await killed.shows("› half a thou");
  // It is saved within 300 ms.
  await new Promise((resolve) => setTimeout(resolve, 600));
  killed.kill("SIGKILL");
  const again = await opened();
  await again.shows("› half a thou");
  again.type("ght\r");
  await again.shows("› Message");
  again.type(CTRL_Q);
  await again.exited;
  const third = await opened();
  await third.shows("half a thought");
  await third.shows("› Message");
  await left(third);
});

test("what is typed last is there after quitting at once", async () => {
  const first = await opened();
  first.type(`in a hurry${CTRL_Q}`);
  await first.exited;
  const second = await opened();
  await second.shows("› in a hurry");
  await left(second);
});

test("two clients of one profile show the same draft", async () => {
  const [one, other] = await Promise.all([opened(), opened()]);
  one.type("seen in both");
  await other.shows("› seen in both");
  other.type(CTRL_U);
  await one.shows("› Message");
  await left(other);
});

test("an editor takes the draft and gives it back, and a failing one changes nothing", async () => {
  const editor = join(alice.home, "editor");
  writeFileSync(editor, '#!/bin/sh\necho "in the editor"\nprintf " and more" >> "$1"\n', { mode: 0o755 });
  const terminal = await opened({ EDITOR: editor });
  terminal.type(`begun${CTRL_O}`);
  await terminal.shows("› begun and more");
  writeFileSync(editor, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  terminal.type(CTRL_O);
  await terminal.shows("ended with 1");
  await terminal.shows("› begun and more");
  const files = readdirSync(join(alice.home, "chat", "profiles", "default"));
  expect(files.filter((name) => name.startsWith("writing-"))).toEqual([]);
  await left(terminal);
});

test("a pasted megabyte is refused in one sentence, and keys go on at once", async () => {
  const terminal = await opened();
  terminal.paste("漢字 and \u001b[2J more\r".repeat(60_000));
  await terminal.shows("too long");
  terminal.type("still here");
  await terminal.shows("› still here");
});
