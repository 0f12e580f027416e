// What a person does on one machine is so on the other: what is read, muted, chosen and blocked, which groups there are,
// and what becomes of messages. With real programs, one of which follows.
import { afterAll, beforeAll, expect, test } from "vitest";
import { syncConversations } from "../../client/core/connection/sync.ts";
import { newcomer, type Person, registered } from "../support/chat.ts";
import { acquaint, inside, say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let laptop: Person;
let bob: Person;
let desk: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([registered("alice", relay.url), registered("bob", relay.url)]);
  await acquaint(alice, bob);
  [laptop, desk] = await Promise.all([further(alice), further(bob)]);
  // Each new machine asks, the other answers.
  for (const machine of [laptop, desk, alice, bob, laptop, desk]) await sync(machine);
  // Two accounts and two logins harden passwords as they should be.
}, 180_000);

afterAll(async () => {
  for (const machine of [alice, laptop, bob, desk]) await machine?.leave();
  await relay?.stop();
});

async function further(owner: Person): Promise<Person> {
  const machine = await newcomer(owner.name, relay.url);
  const secrets = ["--password-file", owner.passwordFile, "--recovery-file", owner.recoveryFile];
  await machine.ok(["login", owner.name, ...secrets]);
  return machine;
}

async function sync(...machines: Person[]): Promise<void> {
  for (const machine of machines) {
    const { alarms } = await inside(machine, syncConversations);
    expect(alarms.map(({ text }) => text)).toEqual([]);
  }
}

async function listed(machine: Person, name: string): Promise<Record<string, unknown> | undefined> {
  return (await machine.json(["list"])).find((row) => row["conversation"] === name || row["name"] === name);
}

async function texts(machine: Person, name: string): Promise<string[]> {
  const messages = await machine.json(["read", name, "-n", "100", "--offline"]);
  return messages.map(({ from, text }) => `${from}: ${text}`);
}

test("a new machine knows whom its owner knows, without asking anew", async () => {
  expect(await laptop.ok(["requests"])).toBe("");
  await say(bob, "alice", "for both");
  await sync(laptop);
  expect(await laptop.ok(["requests"])).toBe("");
  expect((await texts(laptop, "bob")).at(-1)).toBe("bob: for both");
});

test("what was read at one machine is read at the other, while that one follows", async () => {
  const following = laptop.start(["tail", "--json"]);
  // It shows what comes once it is there.
  for (let tries = 0; following.lines().length === 0; tries += 1) {
    expect(tries).toBeLessThan(20);
    await say(tries % 2 === 0 ? bob : desk, "alice", "unread");
    await following.until((lines) => lines.length > 0, 1_000).catch(() => undefined);
  }
  await sync(alice);
  const unread = (await listed(alice, "bob"))?.["unread"];
  expect(unread).toBeGreaterThan(1);
  expect(await listed(laptop, "bob")).toMatchObject({ unread });
  await alice.ok(["read", "bob", "-n", "50"]);
  for (let tries = 0; (await listed(laptop, "bob"))?.["unread"] !== 0; tries += 1) {
    expect(tries).toBeLessThan(100);
  }
  await following.kill("SIGINT");
});

test("mutes, settings and blocked people are the same at both machines", async () => {
  await alice.ok(["mute", "bob", "mentions"]);
  await alice.ok(["settings", "typing", "off"]);
  await sync(alice, laptop);
  expect(await listed(laptop, "bob")).toMatchObject({ notify: "mentions" });
  expect((await laptop.ok(["settings", "typing"])).trim()).toBe("off");
  await laptop.ok(["block", "bob"]);
  await sync(laptop, alice);
  await say(bob, "alice", "nobody sees this");
  await sync(alice, laptop);
  for (const machine of [alice, laptop]) expect(await listed(machine, "bob")).toBeUndefined();
  await alice.ok(["unblock", "bob"]);
  await sync(alice, laptop);
  for (const machine of [alice, laptop]) {
    expect(await listed(machine, "bob")).toMatchObject({ unread: 0 });
    expect(await texts(machine, "bob")).not.toContain("bob: nobody sees this");
  }
});

test("a group that is joined at one machine is at the other, under the same name, with all that is said", async () => {
  await alice.ok(["group", "create", "ops"]);
  await alice.ok(["group", "invite", "ops", "bob"]);
  await sync(bob, desk);
  await desk.ok(["group", "accept", "ops", "--as", "work"]);
  await sync(desk, bob, laptop);
  await say(bob, "#work", "from the machine that did not join");
  await say(laptop, "#ops", "from the one that did not make it");
  await sync(alice, laptop, bob, desk);
  const said = ["bob: from the machine that did not join", "alice: from the one that did not make it"];
  for (const machine of [alice, laptop]) expect(await texts(machine, "#ops")).toEqual(said);
  for (const machine of [bob, desk]) expect(await texts(machine, "#work")).toEqual(said);
});

test("a message is edited, voted on and taken back at the machine that did not send it", async () => {
  await say(alice, "bob", "first draft");
  await sync(laptop);
  const [draft] = (await laptop.json(["read", "bob", "-n", "1", "--offline"])) as { id: string }[];
  if (draft === undefined) throw new Error("nothing came");
  await laptop.ok(["edit", draft.id, "second draft"]);
  await laptop.ok(["vote", draft.id, "up"]);
  await sync(alice, bob, desk);
  for (const [machine, name] of [
    [alice, "bob"],
    [bob, "alice"],
    [desk, "alice"],
  ] as const) {
    const [message] = await machine.json(["read", name, "-n", "1", "--offline"]);
    expect(message).toMatchObject({ from: "alice", text: "second draft", edited: true, votes: { up: 1 } });
  }
  await laptop.ok(["delete", draft.id]);
  await sync(alice, bob, desk);
  for (const [machine, name] of [
    [alice, "bob"],
    [desk, "alice"],
  ] as const) {
    expect((await machine.json(["read", name, "-n", "1", "--offline"]))[0]).toMatchObject({ deleted: true });
  }
});
