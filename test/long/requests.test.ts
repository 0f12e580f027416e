import { afterAll, beforeAll, expect, test } from "vitest";
import { changeSetting } from "../../client/core/settings.ts";
import { type Person, parseLines } from "../support/chat.ts";
import { inside, person, say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let everyone: Person[];
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;

/** Everybody but dave, who is somebody's script, has strangers ask first. */
beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(["alice", "bob", "carol", "dave"].map((name) => person(name, relay.url)));
  [alice, bob, carol, dave] = everyone as [Person, Person, Person, Person];
  for (const each of [alice, bob, carol]) {
    await inside(each, (profile) => changeSetting(profile, "requests", "on"));
  }
}, 120_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
});

test("a stranger's first message is apart until it is accepted, and he hears nothing before", async () => {
  const tail = bob.start(["tail", "--json"]);
  const late = await alice.chat([
    "send",
    "bob",
    "do you know me?",
    "--wait",
    "delivered",
    "--timeout",
    "4s",
    "--json",
  ]);
  expect(late.code).toBe(75);
  const lines = await tail.until((seen) => seen.length > 0);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: "event", event: "request", conversation: "alice", from: "alice", request: "message" },
  ]);
  await tail.kill("SIGINT");

  expect(await bob.json(["requests"])).toMatchObject([
    { type: "request", request: "message", name: "alice", messages: 1, text: "do you know me?", group: null },
  ]);
  expect(await bob.json(["list"])).toEqual([]);
  for (const look of ["list", "read"]) {
    expect((await bob.chat([look])).stderr).toContain("Somebody you do not know waits for an answer");
  }
  expect(await bob.json(["read", "--unread"])).toEqual([]);
  expect((await bob.json(["search", "know"])).length).toBe(1);
  const read = await bob.chat(["read", "alice"]);
  expect([read.code, read.stdout.includes("do you know me?"), read.stderr]).toEqual([
    0,
    true,
    expect.stringContaining("chat accept alice"),
  ]);
  const [before] = await alice.json(["read", "bob"]);
  expect(before).toMatchObject({ state: "sent", delivered_to: [] });

  expect(await bob.ok(["accept", "alice"])).toBe("You have accepted alice.\n");
  expect(await bob.json(["requests"])).toEqual([]);
  expect(await bob.json(["list"])).toMatchObject([{ name: "alice", unread: 1 }]);
  const [after] = await alice.json(["read", "bob"]);
  expect(after).toMatchObject({ state: "delivered", delivered_to: ["bob"] });
  await bob.ok(["read", "alice"]);
  expect((await alice.json(["read", "bob"]))[0]).toMatchObject({ state: "read" });
});

test("whom one writes to is no stranger, and a script that takes everybody is asked by nobody", async () => {
  await alice.ok(["send", "carol", "hello"]);
  await carol.ok(["send", "alice", "hello yourself"]);
  expect(await alice.json(["read", "carol", "-n", "1"])).toMatchObject([{ text: "hello yourself" }]);
  expect(await alice.json(["requests"])).toEqual([]);
  await bob.ok(["send", "dave", "status"]);
  expect(await dave.json(["read", "--unread"])).toMatchObject([{ from: "bob", text: "status" }]);
  expect(await dave.json(["requests"])).toEqual([]);
});

test("a blocked person is not seen, does not learn it, and comes back without what he wrote", async () => {
  expect((await alice.chat(["block", "nobody-here"])).code).toBe(67);
  await alice.ok(["block", "dave"]);
  expect(await alice.json(["requests", "--blocked"])).toMatchObject([
    { type: "contact", name: "dave", standing: "blocked" },
  ]);
  await say(dave, "alice", "one");
  expect(await alice.json(["read"])).not.toContainEqual(expect.objectContaining({ from: "dave" }));
  expect(await alice.json(["requests"])).toEqual([]);
  const refused = await alice.chat(["send", "dave", "no", "--json"]);
  expect([refused.code, JSON.parse(refused.stderr).hint]).toEqual([
    77,
    expect.stringContaining("chat unblock dave"),
  ]);
  expect((await dave.json(["read", "alice"])).map(({ state }) => state)).toEqual(["sent"]);
  await alice.ok(["unblock", "dave"]);
  await say(dave, "alice", "two");
  await alice.json(["read"]);
  expect(await alice.json(["requests"])).toMatchObject([{ name: "dave", messages: 1, text: "two" }]);
});

test("a stranger's invitation waits in the requests, and accepting it is no word on who sent it", async () => {
  await carol.ok(["group", "create", "ops", "bob"]);
  await bob.json(["read"]);
  expect(await bob.json(["requests"])).toMatchObject([
    { request: "invitation", name: "carol", group: "ops", title: "ops", messages: 0, text: null },
  ]);
  expect((await bob.json(["list"])).map(({ name }) => name)).not.toContain("ops");
  expect((await bob.chat(["send", "#ops", "too early"])).code).toBe(67);
  await bob.ok(["group", "accept", "ops"]);
  expect(await bob.json(["requests"])).toEqual([]);
});

test("what a fellow member writes to the group is seen, and his first direct message is a request", async () => {
  await carol.ok(["read"]);
  await carol.ok(["send", "#ops", "hello, all"]);
  expect(await bob.json(["read", "--unread"])).toMatchObject([{ conversation: "ops", text: "hello, all" }]);
  await bob.ok(["send", "#ops", "hello, carol"]);
  expect(await carol.json(["read", "#ops", "-n", "1"])).toMatchObject([{ text: "hello, carol" }]);
  // She may know that he reads the group, for that is his own word in it.
  await bob.ok(["read", "#ops"]);
  expect((await carol.json(["read", "#ops"])).find(({ text }) => text === "hello, all")).toMatchObject({
    state: "read",
  });
  await carol.ok(["send", "bob", "and now to you alone"]);
  expect(await bob.json(["read", "--unread"])).toEqual([]);
  expect(await bob.json(["requests"])).toMatchObject([{ name: "carol", messages: 1 }]);
  await bob.ok(["send", "carol", "fine"]);
  expect(await bob.json(["requests"])).toEqual([]);
});

test("in a group one goes on seeing somebody blocked, and he hears nothing", async () => {
  await bob.ok(["block", "carol"]);
  await carol.ok(["send", "#ops", "do you see this?"]);
  expect((await bob.ok(["read", "#ops"])).includes("do you see this?")).toBe(true);
  await carol.json(["read"]);
  expect((await carol.json(["read", "#ops", "-n", "1"]))[0]).toMatchObject({ state: "sent", read_by: [] });
  await bob.ok(["unblock", "carol"]);
});

test("a script is told in one line what it should not do", async () => {
  const own = await bob.chat(["accept", "bob", "--json"]);
  expect([own.code, parseLines(own.stderr)[0]?.["message"]]).toEqual([64, "That is you."]);
  expect((await bob.chat(["accept", "carol", "--new-key"])).code).toBe(64);
});
