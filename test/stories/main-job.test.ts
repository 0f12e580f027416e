import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, parseLines, registered } from "../support/chat.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([registered("alice", relay.url), registered("bob", relay.url)]);
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await relay?.stop();
});

test("two people write to each other, and each reads what the other wrote", async () => {
  await alice.ok(["send", "bob", "Lunch", "at", "one?"]);
  expect(await bob.ok(["read", "alice"])).toContain("Lunch at one?");
  await bob.ok(["send", "@Alice"], { input: "Yes.\nThe usual place.\n" });
  const read = await alice.json(["read", "bob"]);
  expect(read.map((message) => [message["from"], message["text"]])).toEqual([
    ["alice", "Lunch at one?"],
    ["bob", "Yes.\nThe usual place."],
  ]);
});

test("a message as JSON has every field of the contract, in a stable form", async () => {
  const [sent] = await alice.json(["send", "bob", "for a script"]);
  expect(sent).toEqual({
    type: "message",
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    conversation: "bob",
    kind: "dm",
    from: "alice",
    device: expect.stringMatching(/^[0-9a-f]{32}$/),
    text: "for a script",
    reply_to: null,
    edited: false,
    deleted: false,
    reactions: {},
    votes: { up: 0, down: 0, mine: null },
    attachments: [],
    sent_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    received_at: null,
    state: "sent",
    pinned: false,
    expires_at: null,
    delivered_to: [],
    read_by: [],
    missing: ["bob"],
    shared_by: null,
    unreadable: null,
  });
  const received = (await bob.json(["read", "alice", "-n", "1"])).at(-1);
  expect(received).toMatchObject({
    id: sent?.["id"],
    conversation: "alice",
    from: "alice",
    state: "received",
  });
});

test("a repeated key prints the first message and sends nothing twice; other content is refused", async () => {
  const [first] = await alice.json(["send", "bob", "once", "--key", "deploy-41"]);
  const [again] = await alice.json(["send", "bob", "once", "--key", "deploy-41"]);
  expect(again?.["id"]).toBe(first?.["id"]);
  const other = await alice.chat(["send", "bob", "twice", "--key", "deploy-41", "--json"]);
  expect(other.code).toBe(65);
  expect(JSON.parse(other.stderr)).toMatchObject({ type: "error", code: "key_conflict" });
  const onces = (await bob.json(["read", "alice", "-n", "50"])).filter(
    (message) => message["text"] === "once",
  );
  expect(onces).toHaveLength(1);
});

test("a tail shows what arrives while it runs, one object a line", async () => {
  const tail = bob.start(["tail", "alice", "--json"]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await alice.ok(["send", "bob", "live one"]);
  await alice.ok(["send", "bob", "live two"]);
  await tail.until((lines) => lines.length >= 2);
  const { stdout } = await tail.kill("SIGINT");
  expect(parseLines(stdout).map((message) => message["text"])).toEqual(["live one", "live two"]);
});

test("the lists say who I am, who is here and what is unread", async () => {
  expect(await alice.json(["whoami"])).toMatchObject([{ type: "me", name: "alice" }]);
  expect((await alice.json(["people"])).map((someone) => someone["name"])).toEqual(["alice", "bob"]);
  await bob.ok(["send", "alice", "unread"]);
  await alice.ok(["read", "--json"]);
  const [conversation] = await alice.json(["list"]);
  expect(conversation).toMatchObject({ type: "conversation", name: "bob", kind: "dm" });
  expect(conversation?.["unread"]).toBeGreaterThan(0);
  await alice.ok(["read", "bob", "-n", "50"]);
  expect(await alice.json(["list"])).toMatchObject([{ unread: 0 }]);
});

test("a login renews the tokens of this device, and a wrong password is refused with 77", async () => {
  await alice.ok(["login", "alice", "--password-file", alice.passwordFile]);
  await alice.ok(["send", "bob", "after login"]);
  const refused = await alice.chat(["login", "alice", "--password-file", "-"], { input: "wrong password\n" });
  expect(refused.code).toBe(77);
  expect(refused.stderr).not.toMatch(/at .*\.(js|ts):\d+/);
});
