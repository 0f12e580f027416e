import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;
let carol: Person;
let everyone: Person[];

beforeAll(async () => {
  relay = await spawnRelay();
  everyone = await Promise.all(["alice", "bob", "carol"].map((name) => person(name, relay.url)));
  [alice, bob, carol] = everyone as [Person, Person, Person];
}, 120_000);

afterAll(async () => {
  await Promise.all((everyone ?? []).map((each) => each.leave()));
  await relay?.stop();
  await rm(`${relay.folder}.backup`, { recursive: true, force: true });
});

const copy = (from: string, to: string) => promisify(execFile)("cp", ["-Rp", from, to]);

async function saidTo(who: Person, conversation: string): Promise<string[]> {
  const read = await who.json(["read", conversation, "-n", "100", "--offline"]);
  return read.map((message) => `${message["from"]}: ${message["text"]}`);
}

/** Each comes by, one after the other, until everybody has had the chance to answer everybody. */
async function comeBy(...people: Person[]): Promise<string> {
  let said = "";
  for (const who of [...people, ...people, ...people]) {
    const { code, stderr } = await who.chat(["read"]);
    expect({ who: who.name, code, stderr: code === 0 ? "" : stderr }).toEqual({
      who: who.name,
      code: 0,
      stderr: "",
    });
    said += stderr;
  }
  return said;
}

test("a relay put back to a backup loses nothing that anybody has, and what it lost is sent again", async () => {
  await alice.ok(["send", "bob", "before"]);
  await bob.ok(["read", "alice"]);
  await bob.ok(["send", "alice", "hello"]);
  await alice.ok(["group", "create", "ops", "bob"]);
  await bob.ok(["read"]);
  await bob.ok(["group", "accept", "ops"]);
  await alice.ok(["send", "#ops", "group before"]);
  await comeBy(alice, bob);

  await relay.process.kill("SIGTERM");
  await copy(relay.folder, `${relay.folder}.backup`);
  await relay.startAgain();

  await alice.ok(["send", "bob", "lost and read"]);
  await bob.ok(["read", "alice"]);
  await bob.ok(["send", "alice", "lost from bob"]);
  await alice.ok(["read", "bob"]);
  const [voted] = await alice.json(["read", "bob", "-n", "1"]);
  await alice.ok(["vote", String(voted?.["id"]), "up"]);
  await alice.ok(["send", "bob", "lost and unread"]);
  await alice.ok(["group", "invite", "ops", "carol"]);
  await carol.ok(["read"]);
  await carol.ok(["group", "accept", "ops"]);
  await carol.ok(["send", "#ops", "group lost"]);
  await alice.ok(["read", "#ops"]);
  await carol.ok(["send", "bob", "lost with its conversation"]);

  await relay.process.kill("SIGTERM");
  await rm(relay.folder, { recursive: true });
  await copy(`${relay.folder}.backup`, relay.folder);
  await relay.startAgain();
  expect(relay.log()).toContain("put back to an older state");

  const notes = await comeBy(alice, bob, carol);
  expect(notes).toContain("put back to an older state");
  expect(notes).not.toContain("WARNING");
  const direct = [
    "alice: before",
    "bob: hello",
    "alice: lost and read",
    "bob: lost from bob",
    "alice: lost and unread",
  ];
  for (const [who, other] of [
    [alice, "bob"],
    [bob, "alice"],
  ] as const) {
    const said = await saidTo(who, other);
    expect(said.toSorted()).toEqual(direct.toSorted());
  }
  const [lost] = (await bob.json(["read", "alice", "--offline", "-n", "100"])).filter(
    (message) => message["text"] === "lost from bob",
  );
  expect(lost?.["votes"]).toMatchObject({ up: 1 });
  expect(await saidTo(bob, "carol")).toEqual(["carol: lost with its conversation"]);
  for (const who of [alice, bob]) {
    expect(await saidTo(who, "ops")).toEqual(["alice: group before", "carol: group lost"]);
  }

  // Everything goes on, and nobody had to log in again.
  await bob.ok(["send", "alice", "after"]);
  await alice.ok(["send", "#ops", "group after"]);
  await comeBy(alice, bob, carol);
  expect((await saidTo(alice, "bob")).at(-1)).toBe("bob: after");
  for (const who of everyone) expect((await saidTo(who, "ops")).at(-1)).toBe("alice: group after");
}, 240_000);

test("a relay that starts again as it was tells nobody of a restore", async () => {
  const before = relay.log().split("put back").length;
  await relay.process.kill("SIGTERM");
  await relay.startAgain();
  expect(relay.log().split("put back").length).toBe(before);
  expect(await comeBy(alice)).not.toContain("put back");
}, 60_000);
