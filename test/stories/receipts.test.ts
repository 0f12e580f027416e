import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await relay?.stop();
});

test("a script waits until its message is there, and hears who has not got it when nobody listens", async () => {
  const late = await alice.chat([
    "send",
    "bob",
    "deploy?",
    "--wait",
    "delivered",
    "--timeout",
    "6s",
    "--json",
  ]);
  expect(late.code).toBe(75);
  expect(parseLines(late.stdout)).toMatchObject([
    { type: "message", state: "sent", delivered_to: [], read_by: [], missing: ["bob"] },
  ]);
  expect(JSON.parse(late.stderr)).toMatchObject({ code: "timed_out" });

  const tail = bob.start(["tail", "--json"]);
  const [there] = await alice.json(["send", "bob", "deploy now", "--wait", "delivered"]);
  expect(there).toMatchObject({ state: "delivered", delivered_to: ["bob"], read_by: [], missing: [] });
  await tail.kill("SIGINT");
});

test("what a person reads is told to whom he has written before", async () => {
  await bob.ok(["send", "alice", "go ahead"]);
  await bob.ok(["read", "alice", "-n", "50"]);
  await alice.ok(["read", "bob"]);
  const own = (await alice.json(["read", "bob", "-n", "50"])).filter(
    (message) => message["from"] === "alice",
  );
  expect(own.map((message) => message["state"])).toEqual(["read", "read"]);
  expect(own).toMatchObject(own.map(() => ({ delivered_to: ["bob"], read_by: ["bob"], missing: [] })));
  const [others] = await alice.json(["read", "bob", "-n", "1"]);
  expect(others).toMatchObject({ from: "bob" });
  expect(others).not.toHaveProperty("delivered_to");
  const waiting = alice.ok(["send", "bob", "thanks", "--wait", "read", "--timeout", "20s"]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await bob.ok(["read", "alice"]);
  expect(await waiting).toContain("Read by bob.");
});
