// Two people with two machines each; one is stolen and signed out, then all are lost and the account comes back by its words.
// Who can read what is looked at after each step. Then logins that are killed at each of their steps.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { profilePaths } from "../../client/core/paths.ts";
import { type HostileRelay, hostileRelay } from "../hostile/hostile-relay.ts";
import { newcomer, type Person, type Running, registered } from "../support/chat.ts";
import { say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

/** All that a new device shows of what was before it. */
const EARLIER = "bob: [could not be read: earlier messages were sent before this device was known]";

let relay: SpawnedRelay;
const machines: Person[] = [];

beforeAll(async () => {
  relay = await spawnRelay();
});
afterAll(async () => {
  for (const each of machines) await each.leave();
  await relay?.stop();
});

async function first(name: string, url = relay.url): Promise<Person> {
  const machine = await registered(name, url);
  machines.push(machine);
  return machine;
}

async function emptyMachine(name: string, url = relay.url): Promise<Person> {
  const machine = await newcomer(name, url);
  machines.push(machine);
  return machine;
}

const passwordOf = (owner: Person) => ["--password-file", owner.passwordFile];
const wordsOf = (owner: Person) => ["--recovery-file", owner.recoveryFile];

/** Logs in at another machine, with what the owner has in his head and on paper. */
async function further(owner: Person, ...options: string[]): Promise<Person> {
  const machine = await emptyMachine(owner.name);
  await machine.ok(["login", owner.name, ...passwordOf(owner), ...wordsOf(owner), ...options]);
  return machine;
}

/** What a machine shows of a conversation, after it has asked the relay; only what somebody wrote. */
async function reads(machine: Person, from: string): Promise<string[]> {
  const messages = await machine.json(["read", from, "-n", "100"]);
  return messages.flatMap(({ text, from: author }) => (text === null ? [] : [`${author}: ${text}`]));
}

async function idOf(machine: Person): Promise<string> {
  const [me] = await machine.json(["whoami"]);
  return String(me?.["device"]);
}

describe("two machines each", () => {
  let alice: Person;
  let laptop: Person;
  let bob: Person;
  let desk: Person;

  test("everything reaches both machines of both, whichever of them wrote it", async () => {
    [alice, bob] = await Promise.all([first("alice"), first("bob")]);
    [laptop, desk] = await Promise.all([further(alice), further(bob)]);
    await say(alice, "bob", "from alice's first");
    await say(laptop, "bob", "from alice's laptop");
    await bob.ok(["read"]);
    await say(bob, "alice", "from bob's first");
    await desk.ok(["read"]);
    await say(desk, "alice", "from bob's desk");
    const all = [
      "alice: from alice's first",
      "alice: from alice's laptop",
      "bob: from bob's first",
      "bob: from bob's desk",
    ];
    for (const [machine, other] of [
      [alice, "bob"],
      [laptop, "bob"],
      [bob, "alice"],
      [desk, "alice"],
    ] as const) {
      expect(await reads(machine, other)).toEqual(all);
    }
    await say(alice, "me", "note to both");
    expect(await reads(laptop, "me")).toEqual(["alice: note to both"]);
  });

  test("a machine that is signed out hears of it at once, and of nothing after it", async () => {
    await say(bob, "alice", "before the theft");
    const tail = laptop.start(["tail", "--consumer", "thief", "--json"]);
    await untilLive(laptop);
    const stolen = await idOf(laptop);
    await alice.ok(["devices", "revoke", stolen.slice(0, 8)]);
    expect(await endOf(tail)).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/This device was signed out of alice (on|by) \d{4}-\d\d-\d\d\./),
    });
    await bob.ok(["read"]);
    await say(bob, "alice", "after the theft");
    await say(alice, "bob", "alice after the theft");
    expect(await reads(alice, "bob")).toContain("bob: after the theft");
    for (const command of [
      ["read"],
      ["send", "bob", "I am alice"],
      ["devices"],
      ["login", "alice", ...passwordOf(alice)],
    ]) {
      expect(await laptop.chat(command)).toMatchObject({
        code: 77,
        stderr: expect.stringMatching(/signed out of alice/),
      });
    }
    const kept = await laptop.ok(["read", "bob", "--offline", "-n", "100"]);
    expect(kept).toContain("before the theft");
    expect(kept).not.toContain("after the theft");
    for (const machine of [bob, desk]) {
      const seen = await reads(machine, "alice");
      expect(seen).toContain("alice: alice after the theft");
      expect(seen).not.toContain("alice: I am alice");
    }
  });

  test("who has lost all machines comes back with password and words, alone in the account", async () => {
    await say(bob, "alice", "while nothing was lost");
    const third = await further(alice, "--sign-out-others");
    expect(await third.json(["devices"])).toMatchObject([{ current: true, name: "alice" }]);
    expect(await alice.chat(["read"])).toMatchObject({ code: 77 });
    await bob.ok(["read"]);
    await say(bob, "alice", "welcome back");
    await say(desk, "alice", "from the desk too");
    expect(await reads(third, "bob")).toEqual([EARLIER, "bob: welcome back", "bob: from the desk too"]);
    await say(third, "bob", "it is me");
    for (const machine of [bob, desk]) expect((await reads(machine, "alice")).at(-1)).toBe("alice: it is me");
  });

  test("who has lost all machines and the password comes back with the words", async () => {
    const old = join(bob.home, "old password");
    await writeFile(old, `correct horse ${bob.name}\n`);
    await writeFile(bob.passwordFile, "another horse altogether\n");
    const third = await further(bob, "--reset-password", "--sign-out-others");
    const stranger = await emptyMachine("bob");
    const again = ["login", "bob", "--password-file", old, ...wordsOf(bob)];
    expect(await stranger.chat(again)).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/Wrong password/),
    });
    for (const machine of [bob, desk]) expect(await machine.chat(["read"])).toMatchObject({ code: 77 });
    await say(third, "alice", "new machine, new password");
    const fourth = await further(alice, "--sign-out-others");
    await say(third, "alice", "for the fourth");
    expect(await reads(fourth, "bob")).toEqual([EARLIER, "bob: for the fourth"]);
  });
});

/** Until a process of this machine holds the live stream. */
async function untilLive(machine: Person): Promise<void> {
  const { liveLock } = profilePaths(machine.environment(), "default");
  while (!existsSync(liveLock)) await sleep(100);
  await sleep(1_000);
}

async function endOf(running: Running) {
  const timer = setTimeout(() => running.process.kill("SIGKILL"), 20_000);
  return running.finished.finally(() => clearTimeout(timer));
}

test("a thief with the password and no device has what he cannot use, and says so himself", async () => {
  const owner = await first("carol");
  const thief = await emptyMachine("carol");
  const others = (await first("mallory")).recoveryFile;
  expect(await thief.chat(["login", "carol", ...passwordOf(owner)])).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/recovery words/),
  });
  expect(await thief.chat(["login", "carol", ...passwordOf(owner), "--recovery-file", others])).toMatchObject(
    {
      code: 77,
      stderr: expect.stringMatching(/These are not the recovery words of carol/),
    },
  );
  expect(await thief.chat(["read"])).toMatchObject({ code: 78 });
  expect(await owner.json(["devices"])).toHaveLength(1);
});

test("a thief with the device and no password is that device until he is signed out, and no longer", async () => {
  const owner = await first("dora");
  const safe = await further(owner);
  await say(owner, "me", "the thief reads this");
  const guess = join(owner.home, "guess");
  await writeFile(guess, "a guess at it\n");
  const reset = ["login", "dora", "--reset-password", "--password-file", guess];
  expect(await owner.chat(["login", "dora", "--password-file", guess])).toMatchObject({ code: 77 });
  const others = (await first("erin")).recoveryFile;
  expect(await owner.chat([...reset, "--recovery-file", others])).toMatchObject({ code: 77 });
  await safe.ok(["login", "dora", "--sign-out-others", ...passwordOf(owner), ...wordsOf(owner)]);
  expect(await owner.chat(["read"])).toMatchObject({ code: 77 });
  expect(await safe.json(["devices"])).toHaveLength(1);
});

describe("a login that is killed", () => {
  let between: HostileRelay;
  let owner: Person;

  beforeAll(async () => {
    between = await hostileRelay(relay.url);
    owner = await first("frank", between.url);
  });
  afterAll(() => between?.stop());

  for (const [method, nth] of [
    ["startLogin", 1],
    ["finishEnrolment", 1],
    ["addDevice", 1],
    ["startLogin", 2],
    ["finishLogin", 1],
    ["publishPrekeys", 1],
  ] as const) {
    test(`at answer ${nth} to ${method} goes on with the same device`, async () => {
      const machine = await emptyMachine("frank", between.url);
      const login = ["login", "frank", ...passwordOf(owner), ...wordsOf(owner)];
      const before = await owner.json(["devices"]);
      const running = machine.start(login);
      let answers = 0;
      between.tricks.answers[method] = () => {
        answers += 1;
        if (answers === nth) running.process.kill("SIGKILL");
        return undefined;
      };
      expect((await running.finished).signal).toBe("SIGKILL");
      between.tricks.answers = {};
      await machine.ok(login);
      const after = await owner.json(["devices"]);
      expect(after).toHaveLength(before.length + 1);
      expect(after.at(-1)).toMatchObject({ id: await idOf(machine) });
      await say(machine, "me", `after ${method}`);
      expect(await reads(owner, "me")).toContain(`frank: after ${method}`);
      await machine.ok(["logout", "--yes"]);
      expect(await owner.json(["devices"])).toEqual(before);
    });
  }
});
