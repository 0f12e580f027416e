import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines } from "../support/chat.ts";
import { catchUp, person, say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let everyone: Person[];
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;
let erin: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(
    ["alice", "bob", "carol", "dave", "erin"].map((name) => person(name, relay.url)),
  );
  [alice, bob, carol, dave, erin] = everyone as [Person, Person, Person, Person, Person];
}, 120_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
});

async function textsOf(someone: Person, group: string): Promise<string[]> {
  const read = await someone.json(["read", group, "-n", "100"]);
  return read.map((message) => `${message["from"]}: ${message["text"]}`);
}

async function everyoneCanReadEveryone(group: string, members: Person[], round: string): Promise<void> {
  for (const member of members) await say(member, `#${group}`, `${round} ${member.name}`);
  const expected = members.map(({ name }) => `${name}: ${round} ${name}`);
  for (const member of members) {
    const said = (await textsOf(member, group)).filter((text) => text.includes(`: ${round} `));
    expect(said).toEqual(expected);
  }
}

test("five people invite, accept and decline, and everyone reads everyone", async () => {
  await alice.ok(["group", "create", "ops", "bob", "carol", "dave"]);
  await bob.ok(["read"]);
  const [invitation] = await bob.json(["list"]);
  expect(invitation).toMatchObject({ name: "ops", kind: "group", standing: "invited", invited_by: "alice" });
  // A pending invitation is nothing that can be written to.
  expect((await bob.chat(["send", "#ops", "too early"])).code).toBe(67);
  await bob.ok(["group", "accept", "ops"]);
  await catchUp(carol);
  await carol.ok(["group", "accept", "#ops"]);
  await catchUp(dave);
  await dave.ok(["group", "decline", "ops"]);
  await bob.ok(["group", "invite", "ops", "erin"]);
  await catchUp(erin);
  await erin.ok(["group", "accept", "ops", "--as", "operations"]);
  await catchUp(dave);

  const [info] = await alice.json(["group", "info", "ops"]);
  await catchUp(alice);
  const [after] = await alice.json(["group", "info", "ops"]);
  expect(info).toMatchObject({ type: "group", kind: "group" });
  expect(after?.["members"]).toEqual([
    { name: "alice", role: "owner" },
    { name: "bob", role: "member" },
    { name: "carol", role: "member" },
    { name: "erin", role: "member" },
  ]);
  for (const member of [alice, bob, carol]) await member.ok(["send", "#ops", `hello from ${member.name}`]);
  await erin.ok(["send", "operations", "hello from erin"]);
  const said = ["alice", "bob", "carol", "erin"].map((name) => `${name}: hello from ${name}`);
  for (const member of [alice, bob, carol]) expect(await textsOf(member, "ops")).toEqual(said);
  expect(await textsOf(erin, "operations")).toEqual(said);
  expect((await dave.chat(["send", "#ops", "let me in"])).code).toBe(67);
}, 120_000);

test("in an open room anyone joins and leaves; who is removed is out, and comes back when invited", async () => {
  await alice.ok(["group", "create", "lobby", "--room"]);
  expect(await dave.json(["rooms"])).toMatchObject([
    { type: "room", name: "lobby", members: 1, joined: false },
  ]);
  const taken = await dave.chat(["group", "create", "lobby", "--room"]);
  expect(taken.code).toBe(77);
  for (const member of [bob, carol, dave]) await member.ok(["join", "lobby"]);
  await everyoneCanReadEveryone("lobby", [alice, bob, carol, dave], "first");

  await carol.ok(["group", "leave", "lobby"]);
  expect((await carol.chat(["send", "#lobby", "gone"])).code).toBe(77);
  await alice.ok(["group", "remove", "lobby", "dave"]);
  expect((await dave.chat(["send", "#lobby", "still here?"])).code).toBe(77);
  expect((await dave.chat(["join", "lobby"])).code).toBe(77);
  await everyoneCanReadEveryone("lobby", [alice, bob], "second");
  for (const outsider of [carol, dave]) {
    expect((await textsOf(outsider, "lobby")).some((text) => text.includes("second"))).toBe(false);
  }

  await carol.ok(["join", "lobby"]);
  await alice.ok(["group", "invite", "lobby", "dave"]);
  await catchUp(dave);
  await dave.ok(["group", "accept", "lobby"]);
  await everyoneCanReadEveryone("lobby", [alice, bob, carol, dave], "third");
}, 120_000);

test("roles decide who may what, and the last owner cannot go", async () => {
  await alice.ok(["group", "create", "board", "bob", "carol"]);
  for (const member of [bob, carol]) {
    await catchUp(member);
    await member.ok(["group", "accept", "board"]);
  }
  const refused = await bob.chat(["group", "remove", "board", "carol", "--json"]);
  expect(refused.code).toBe(77);
  expect(parseLines(refused.stderr)[0]).toMatchObject({ type: "error", code: "not_allowed" });
  expect((await alice.chat(["group", "leave", "board"])).code).toBe(77);
  await alice.ok(["group", "policy", "board", "--post", "admin"]);
  expect((await bob.chat(["send", "#board", "may I?"])).code).toBe(77);
  await alice.ok(["group", "role", "board", "bob", "admin"]);
  await bob.ok(["send", "#board", "now I may"]);
  expect(await textsOf(carol, "board")).toEqual(["bob: now I may"]);
  const [said] = await carol.json(["read", "board"]);
  const id = String(said?.["id"]);
  await alice.ok(["group", "policy", "board", "--post", "member", "--pin", "admin"]);
  await catchUp(carol);
  for (const forbidden of [["pin"], ["delete"]]) {
    const tried = await carol.chat([...forbidden, id, "--json"]);
    expect(tried.code).toBe(77);
    expect(parseLines(tried.stderr)[0]).toMatchObject({ type: "error", code: "not_allowed" });
  }
  await catchUp(bob);
  await bob.ok(["pin", id]);
  await catchUp(alice);
  await alice.ok(["delete", id]);
  expect((await carol.json(["read", "board"]))[0]).toMatchObject({ id, deleted: true, text: "" });
  await alice.ok(["group", "role", "board", "bob", "owner"]);
  await alice.ok(["group", "leave", "board"]);
  await bob.ok(["group", "rename", "board", "council"]);
  await catchUp(carol);
  const [info] = await carol.json(["group", "info", "board"]);
  expect(info).toMatchObject({ name: "board", title: "council" });
}, 120_000);

test("a message that names somebody counts as a mention for him alone, until he has read it", async () => {
  await alice.ok(["group", "create", "desk", "--room"]);
  for (const member of [bob, carol]) await member.ok(["join", "desk"]);
  await alice.ok(["send", "#desk", "Could @Bob look? Not carol@example.org."]);
  const counts = async (someone: Person) => {
    await someone.ok(["read", "#desk", "--json"]);
    const rows = await someone.json(["list"]);
    return rows.find((row) => row["name"] === "desk");
  };
  expect(await counts(bob)).toMatchObject({ unread: 1, mentions: 1 });
  expect(await counts(carol)).toMatchObject({ unread: 1, mentions: 0 });
  await bob.ok(["read", "#desk"]);
  expect(await counts(bob)).toMatchObject({ unread: 0, mentions: 0 });
}, 60_000);

test("whoever follows sees who comes and goes", async () => {
  await alice.ok(["group", "create", "door", "--room"]);
  const tail = alice.start(["tail", "door", "--json"]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await bob.ok(["join", "door"]);
  await bob.ok(["send", "#door", "knock"]);
  await bob.ok(["group", "leave", "door"]);
  const lines = await tail.until((seen) => seen.length >= 3);
  await tail.kill("SIGINT");
  expect(parseLines(lines.join("\n"))).toMatchObject([
    { type: "event", event: "joined", conversation: "door", kind: "room", from: "bob" },
    { type: "message", text: "knock", from: "bob", kind: "room" },
    { type: "event", event: "left", from: "bob" },
  ]);
}, 60_000);
