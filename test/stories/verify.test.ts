import { afterAll, beforeAll, expect, test } from "vitest";
import { LAUNCHER, type Person } from "../support/chat.ts";
import { person, say } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

let relay: TestRelay;
let alice: Person;
let bob: Person;
let other: Person | undefined;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await say(alice, "bob", "hello");
}, 120_000);

afterAll(async () => {
  for (const each of [alice, bob, other]) await each?.leave();
  await relay?.stop();
});

test("two people compare sixty digits, and a script checks them", async () => {
  const shown = (await bob.ok(["verify", "alice"])).trim();
  expect(shown).toMatch(/^(\d{5} ){11}\d{5}$/);
  expect((await alice.ok(["verify", "bob"])).trim()).toBe(shown);
  expect(await alice.json(["verify", "bob"])).toMatchObject([
    {
      type: "safety_number",
      name: "bob",
      number: shown.replaceAll(" ", ""),
      verified: false,
      verified_at: null,
      new_number: null,
    },
  ]);
  const wrong = `${shown.slice(0, -1)}${(Number(shown.at(-1)) + 1) % 10}`;
  const refused = await alice.chat(["verify", "bob", "--expect", wrong, "--json"]);
  expect([refused.code, JSON.parse(refused.stderr).code]).toEqual([76, "security_stop"]);
  expect((await alice.chat(["verify", "bob", "--expect", "1234"])).code).toBe(65);
  expect((await alice.chat(["verify", "bob", "--yes", "--forget"])).code).toBe(64);
  expect(await alice.json(["verify", "bob"])).toMatchObject([{ verified: false }]);
  await alice.ok(["verify", "bob", "--expect", shown]);
  expect(await alice.json(["verify", "bob"])).toMatchObject([{ verified: true }]);
  expect(await alice.ok(["verify", "bob", "--forget"])).toBe("bob is not verified.\n");
  expect(await alice.ok(["verify", "bob", "--yes"])).toBe("bob is verified.\n");
  expect((await alice.chat(["verify", "nobody-here"])).code).toBe(67);
});

test("at a terminal it draws a QR code, asks, and marks only on a yes", async () => {
  await alice.ok(["verify", "bob", "--forget"]);
  const number = (await bob.ok(["verify", "alice"])).trim();
  const ask = async (answer: string): Promise<string> => {
    const command: [string, ...string[]] = [process.execPath, LAUNCHER, "verify", "bob"];
    const terminal = new VirtualTerminal(command, {
      columns: 100,
      rows: 40,
      cwd: alice.home,
      env: alice.environment(),
    });
    await terminal.until(() => terminal.screen().includes("Does bob see the same number?"), "it asks");
    const shown = terminal.screen();
    terminal.type(`${answer}\r`);
    await terminal.exited;
    await terminal.close();
    return shown;
  };
  const shown = await ask("");
  // Twenty digits a line, and a QR code above.
  for (const line of number.match(/(\d{5} ?){4}/g) ?? ["nothing"]) expect(shown).toContain(line.trim());
  expect(shown).toMatch(/[▀▄█]{10}/);
  expect(await alice.json(["verify", "bob"])).toMatchObject([{ verified: false }]);
  await ask("y");
  expect(await alice.json(["verify", "bob"])).toMatchObject([{ verified: true }]);
});

test("another account under a known name stops every send until somebody accepts it", async () => {
  const before = (await alice.ok(["verify", "bob"])).trim();
  // An operator, or somebody in his place, gives the name away.
  await relay.database.query("update accounts set name = 'somebody' where name = 'bob'");
  other = await person("bob", relay.url);
  await say(other, "alice", "it is me");
  const read = await alice.chat(["read", "--json"]);
  expect([read.code, read.stderr]).toEqual([
    76,
    expect.stringContaining("another account under the name bob"),
  ]);

  for (const attempt of [
    ["send", "bob", "secret"],
    ["accept", "bob"],
    ["verify", "bob", "--yes"],
  ]) {
    const stopped = await alice.chat([...attempt, "--json"]);
    expect([attempt[0], stopped.code, JSON.parse(stopped.stderr).hint]).toEqual([
      attempt[0],
      76,
      expect.stringContaining("chat accept bob --new-key"),
    ]);
  }
  const [both] = await alice.json(["verify", "bob"]);
  const number = (await other.ok(["verify", "alice"])).trim().replaceAll(" ", "");
  expect(both).toMatchObject({ number: before.replaceAll(" ", ""), new_number: number });

  const accepted = await alice.chat(["accept", "bob", "--new-key"]);
  expect(accepted.code).toBe(0);
  for (const each of [before, number.match(/.{5}/g)?.join(" ")]) expect(accepted.stderr).toContain(each);
  const formerly = /chat read "(bob \(before [\d-]+\))"/.exec(accepted.stdout)?.[1] ?? "";
  expect(await alice.json(["read", "bob"])).toMatchObject([{ from: "bob", text: "it is me" }]);
  await alice.ok(["send", "bob", "is it?"]);
  expect(await other.json(["read", "alice", "-n", "1"])).toMatchObject([{ text: "is it?" }]);
  expect(await alice.json(["read", formerly])).toMatchObject([{ text: "hello" }]);
  expect((await alice.chat(["send", formerly, "still there?"])).code).toBe(77);
  expect(await alice.json(["verify", "bob"])).toMatchObject([{ verified: false, number, new_number: null }]);
  // The account that had the name has heard nothing of it.
  expect((await bob.json(["read", "alice"])).map(({ text }) => text)).toEqual(["hello"]);
});
