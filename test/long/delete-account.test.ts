import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, registered } from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), registered("bob", relay.url)]);
}, 120_000);

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await relay?.stop();
});

test("an account ends: its group and its friends go on, nobody finds it, and its name is nobody's", async () => {
  // Bots and the like: no request to accept first.
  await bob.ok(["settings", "requests", "off"]);
  await alice.ok(["send", "bob", "hello"]);
  await bob.ok(["read", "alice"]);
  await alice.ok(["group", "create", "ops", "bob"]);
  await bob.ok(["read"]);
  await bob.ok(["group", "accept", "ops"]);
  await bob.ok(["send", "#ops", "from bob"]);
  await bob.ok(["send", "alice", "my last words"]);

  const asked = await bob.chat(["account", "delete", "--password-file", bob.passwordFile]);
  expect(asked).toMatchObject({ code: 64, stdout: "" });
  const wrong = await bob.chat(["account", "delete", "--yes", "--password-file", "-"], {
    input: "not the one",
  });
  expect(wrong.code).toBe(77);
  await bob.ok(["send", "#ops", "still here"]);

  const [deleted] = await bob.json(["account", "delete", "--yes", "--password-file", bob.passwordFile]);
  expect(deleted).toEqual({ type: "account_deleted", name: "bob" });
  expect(existsSync(join(bob.home, "chat", "profiles", "default", "profile.db"))).toBe(false);
  expect((await bob.chat(["whoami"])).code).toBe(78);

  expect(await alice.json(["people"])).toMatchObject([{ name: "alice" }]);
  const read = await alice.json(["read", "bob"]);
  expect(read.map(({ text }) => text)).toEqual(["hello", "my last words"]);
  const sent = await alice.chat(["send", "bob", "are you there?"]);
  expect(sent.code).not.toBe(0);
  expect(sent.stderr).toMatch(/deleted|can receive/);
  await alice.ok(["send", "#ops", "we go on"]);
  const [info] = await alice.json(["group", "info", "ops"]);
  expect(info?.["members"]).toEqual([{ name: "alice", role: "owner" }]);

  const again = await bob.chat([
    "register",
    "bob",
    "--password-file",
    bob.passwordFile,
    "--recovery-file",
    `${bob.recoveryFile}-again`,
  ]);
  expect(again.code).not.toBe(0);
  expect(again.stderr).toContain("taken");
}, 120_000);
