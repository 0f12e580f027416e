import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines, type Running } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;
let carol: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob, carol] = await Promise.all([
    person("alice", relay.url),
    person("bob", relay.url),
    person("carol", relay.url),
  ]);
  await bob.ok(["settings", "requests", "on"]);
  await alice.ok(["send", "bob", "hello"]);
  await bob.ok(["read"]);
}, 60_000);

afterAll(async () => {
  await Promise.all([alice, bob, carol].map((each) => each?.leave()));
  await relay?.stop();
});

/** Follows until `send` has brought a message, so that nothing of what was said before can still be on its way. */
async function heardBy(listener: Person, extra: string[], act: () => Promise<void>) {
  const tail = listener.start(["tail", "--json", ...extra]);
  await isLive(tail, listener);
  await act();
  await bob.ok(["send", listener.name, "that was all"]);
  await tail.until((lines) => lines.some((line) => line.includes("that was all")));
  await tail.kill("SIGINT");
  return parseLines(tail.lines().join("\n")).filter(({ event }) => event === "typing");
}

/** `tail` begins with what comes after its first fetch. */
async function isLive(tail: Running, { name }: Person): Promise<void> {
  const isThere = () => tail.lines().some((line) => line.includes("are you there?"));
  for (let probes = 0; !isThere() && probes < 40; probes += 1) await bob.ok(["send", name, "are you there?"]);
}

test("who sits at tail --typing sees that somebody is at work, once", async () => {
  // Bob has written nothing yet: to him Alice is a stranger, who learns nothing.
  const shy = await bob.chat(["typing", "alice"]);
  expect([shy.code, shy.stdout]).toEqual([0, ""]);
  expect(shy.stderr).toContain("Nobody sees it");
  await bob.ok(["send", "alice", "hi"]);
  const typing = await heardBy(alice, ["--typing"], async () => {
    const said = await bob.chat(["typing", "alice"]);
    expect([said.code, said.stdout, said.stderr]).toEqual([0, "", ""]);
  });
  expect(typing).toEqual([
    {
      type: "event",
      event: "typing",
      conversation: "bob",
      kind: "dm",
      from: "bob",
      at: expect.stringMatching(/^20.*Z$/),
    },
  ]);
});

test("typing that is off is neither sent nor shown, and without --typing it is not printed", async () => {
  const type = async () => {
    await bob.ok(["typing", "alice"]);
  };
  expect(await heardBy(alice, [], type)).toEqual([]);
  const typing = await heardBy(alice, ["bob", "--typing"], async () => {
    for (const chooser of [alice, bob]) {
      expect(await chooser.ok(["settings", "typing", "off"])).toBe("off\n");
      await type();
      await chooser.ok(["settings", "typing", "on"]);
    }
  });
  expect(typing).toEqual([]);
  expect(await heardBy(alice, ["bob", "--typing"], type)).toHaveLength(1);
});

test("in a group the members see it, and nobody else; who is not in it cannot say it", async () => {
  await alice.ok(["group", "create", "ops", "bob", "carol"]);
  await bob.ok(["read"]);
  await bob.ok(["group", "accept", "ops"]);
  await bob.ok(["send", "ops", "here"]);
  await alice.ok(["read"]);
  const typing = await heardBy(alice, ["--typing"], async () => {
    await bob.ok(["typing", "#ops"]);
  });
  expect(typing).toMatchObject([{ conversation: "ops", kind: "group", from: "bob" }]);
  expect((await carol.chat(["typing", "ops"])).code).toBe(67);
  await alice.ok(["group", "remove", "ops", "bob"]);
  await bob.ok(["read"]);
  expect((await bob.chat(["typing", "ops"])).code).toBe(77);
});

test("with the relay away it is exit 69, and a stranger's name 67", async () => {
  const away = await bob.chat(["typing", "alice", "--relay", "http://127.0.0.1:1", "--json"]);
  expect(away.code).toBe(69);
  expect(JSON.parse(away.stderr)).toMatchObject({ code: "relay_unreachable" });
  expect((await bob.chat(["typing", "dave"])).code).toBe(67);
});
