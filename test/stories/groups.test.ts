import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines } from "../support/chat.ts";
import { catchUp, person, textsOf } from "../support/person.ts";
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
