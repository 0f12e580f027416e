// Who comes into a group, goes, comes back and rises in it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines } from "../support/chat.ts";
import { catchUp, person, say, textsOf } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let everyone: Person[];
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(["alice", "bob", "carol", "dave"].map((name) => person(name, relay.url)));
  [alice, bob, carol, dave] = everyone as [Person, Person, Person, Person];
}, 120_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
});

async function everyoneCanReadEveryone(group: string, members: Person[], round: string): Promise<void> {
  for (const member of members) await say(member, `#${group}`, `${round} ${member.name}`);
  const expected = members.map(({ name }) => `${name}: ${round} ${name}`);
  for (const member of members) {
    const said = (await textsOf(member, group)).filter((text) => text.includes(`: ${round} `));
    expect(said).toEqual(expected);
  }
}

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
