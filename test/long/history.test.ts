import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines, type Running } from "../support/chat.ts";
import { catchUp, person, say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let everyone: Person[];
let alice: Person;
let bob: Person;
let carol: Person;
/** Never live: each of his programs runs for a moment. */
let dave: Person;
let atticJoinedAt: number;

beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(["alice", "bob", "carol", "dave"].map((name) => person(name, relay.url)));
  [alice, bob, carol, dave] = everyone as [Person, Person, Person, Person];
  await dave.ok(["group", "create", "attic", "--room"]);
  await dave.ok(["send", "#attic", "mind the step"]);
  await carol.ok(["join", "attic"]);
  atticJoinedAt = Date.now();
}, 120_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
});

interface Line {
  readonly text: unknown;
  readonly from: unknown;
  readonly shared_by: unknown;
}

async function linesOf(someone: Person, group: string): Promise<Line[]> {
  const read = await someone.json(["read", group, "-n", "100"]);
  return read.map(({ text, from, shared_by }) => ({ text, from, shared_by }));
}

/** Reads until it is so, for at most twenty seconds. */
async function until(someone: Person, group: string, test: (lines: Line[]) => boolean): Promise<Line[]> {
  for (let attempt = 0; ; attempt += 1) {
    const lines = await linesOf(someone, group);
    if (test(lines) || attempt >= 40) return lines;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function tailing(someone: Person, ...what: string[]): Promise<Running> {
  const tail = someone.start(["tail", ...what, "--json"]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return tail;
}

test("a program that runs for a moment leaves a newcomer to those who are live", async () => {
  await dave.ok(["read"]);
  expect(await linesOf(carol, "#attic")).toEqual([]);
}, 60_000);

test("in a room exactly one of two live members shares the latest ten messages with a newcomer, who hears them as no news", async () => {
  await alice.ok(["group", "create", "lobby", "--room"]);
  await bob.ok(["join", "lobby"]);
  for (let at = 1; at <= 6; at += 1) {
    await say(alice, "#lobby", `alice ${at}`);
    await say(bob, "#lobby", `bob ${at}`);
  }
  const tails = await Promise.all([tailing(alice), tailing(bob)]);
  await carol.ok(["join", "lobby"]);
  const news = await tailing(carol);
  const lines = await until(carol, "#lobby", ({ length }) => length >= 10);
  expect(lines.map(({ from, text }) => `${from}: ${text}`)).toEqual(
    [2, 3, 4, 5, 6].flatMap((at) => [`alice: alice ${at}`, `bob: bob ${at}`]),
  );
  const [sharer] = new Set(lines.map(({ shared_by }) => shared_by));
  expect(["alice", "bob"]).toContain(sharer);
  expect(lines.every(({ shared_by }) => shared_by === sharer)).toBe(true);
  // The other one's turn is over by now.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await Promise.all([...tails, news].map((each) => each.kill("SIGINT")));
  const direct = await carol.json(["export"]);
  expect(direct.filter(({ conversation }) => conversation !== "lobby")).toEqual([]);
  expect(parseLines(news.lines().join("\n")).filter(({ type }) => type === "message")).toEqual([]);
  await alice.ok(["send", "#lobby", "welcome"]);
  const [last, ...others] = (await linesOf(carol, "#lobby")).reverse();
  expect(last).toEqual({ from: "alice", text: "welcome", shared_by: null });
  expect(others).toHaveLength(10);
  const [found] = await carol.json(["search", "bob 6"]);
  expect(found).toMatchObject({ from: "bob", shared_by: sharer });
  expect(await carol.ok(["read", "lobby"])).toContain(`(shared by ${sharer})`);
}, 120_000);

test("in a group a newcomer sees nothing until a member shares by hand, as much as he says", async () => {
  await alice.ok(["group", "create", "ops", "bob"]);
  await catchUp(bob);
  await bob.ok(["group", "accept", "ops"]);
  for (const text of ["one", "two", "three"]) await say(alice, "#ops", text);
  await alice.ok(["group", "invite", "ops", "carol"]);
  await catchUp(carol);
  await carol.ok(["group", "accept", "ops"]);
  await alice.ok(["send", "#ops", "hello carol"]);
  await catchUp(bob);
  expect(await linesOf(carol, "#ops")).toEqual([{ from: "alice", text: "hello carol", shared_by: null }]);
  expect(await bob.ok(["group", "share", "ops", "carol", "-n", "2"])).toContain("Shared 2 messages");
  expect(await linesOf(carol, "#ops")).toEqual([
    { from: "alice", text: "two", shared_by: "bob" },
    { from: "alice", text: "three", shared_by: "bob" },
    { from: "alice", text: "hello carol", shared_by: null },
  ]);
  expect(await carol.ok(["group", "share", "ops", "alice"])).toContain("nothing here from before");
  expect((await bob.chat(["group", "share", "ops", "erin"])).code).toBe(67);
}, 120_000);

test("where nobody is live a program that runs for a moment shares, once others would have had their time", async () => {
  const wait = Math.max(0, atticJoinedAt + 21_000 - Date.now());
  await new Promise((resolve) => setTimeout(resolve, wait));
  await dave.ok(["read"]);
  expect(await linesOf(carol, "#attic")).toEqual([
    { from: "dave", text: "mind the step", shared_by: "dave" },
  ]);
}, 60_000);
