import { chmodSync, closeSync, openSync, statSync, writeSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Enrolled, enrol } from "../../../test/support/enrolled.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { queueMessage } from "../outbox/send-message.ts";
import { profilePaths } from "../paths.ts";
import { record } from "../people/security.ts";
import type { Check } from "./check.ts";
import { examine } from "./examine.ts";

let relay: TestRelay;
let alice: Enrolled;

beforeAll(async () => {
  relay = await startTestRelay();
  alice = await enrol("alice", relay.url);
});
afterAll(async () => {
  alice?.leave();
  await relay?.stop();
});

async function examined(paths = alice.profile.paths, asked?: string): Promise<Map<string, Check>> {
  const found = new Map<string, Check>();
  const patient = { version: "1", paths, passphrase: async () => undefined, relay: asked };
  for await (const check of examine(patient)) found.set(check.name, check);
  return found;
}

test("where all is well, every check says so", async () => {
  const found = await examined();
  expect([...found.values()].filter(({ ok }) => !ok)).toEqual([]);
  expect([...found.keys()]).toEqual(
    "program folder profile integrity place outbox messages alarms relay login clock device prekeys logs".split(
      " ",
    ),
  );
  expect(found.get("prekeys")?.detail).toMatch(/^100 one-time prekeys left/);
});

test("a clock that is off by a year is seen", async () => {
  const year = 365 * 24 * 60 * 60 * 1000;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + year });
  relay.ahead = -year;
  try {
    expect((await examined()).get("clock")).toMatchObject({
      ok: false,
      code: "not_set_up",
      detail: "this machine's clock is 365 days ahead of the relay's",
    });
  } finally {
    relay.ahead = 0;
    vi.useRealTimers();
  }
});

test("a relay that is away is one failure, and what the profile says of itself is still there", async () => {
  const found = await examined(alice.profile.paths, "http://127.0.0.1:9");
  expect(found.get("relay")).toMatchObject({
    ok: false,
    code: "relay_unreachable",
    hint: expect.any(String),
  });
  expect(found.get("integrity")).toMatchObject({ ok: true });
  expect(found.has("login")).toBe(false);
});

test("a relay that is not the account's is said, with where the account is", async () => {
  const other = await startTestRelay();
  try {
    const found = await examined(alice.profile.paths, other.url);
    expect(found.get("relay")).toMatchObject({
      ok: false,
      code: null,
      detail: expect.stringContaining(`the account is at ${relay.url}`),
      hint: expect.stringContaining("CHAT_RELAY"),
    });
    expect(found.get("login")).toMatchObject({ ok: false, code: "signed_out" });
  } finally {
    await other.stop();
  }
});

test("without an account it says how to make one, and looks for the relay all the same", async () => {
  const nobody = profilePaths({ CHAT_HOME: alice.profile.paths.home }, "nobody");
  const found = await examined(nobody, relay.url);
  expect(found.get("profile")).toMatchObject({ ok: false, code: "not_set_up" });
  expect(found.get("relay")).toMatchObject({ ok: true });
});

test("what waits, and what was an alarm, is said", async () => {
  queueMessage(alice.profile, { to: "me", text: "later" });
  expect((await examined()).get("outbox")).toMatchObject({ ok: false, code: null });
  record(alice.profile, "stop", { kind: "log_forked", text: "The relay shows another history." });
  expect((await examined()).get("alarms")).toMatchObject({ ok: false, code: "security_stop" });
});

test("a folder that others can look into is said", async () => {
  const { folder } = alice.profile.paths;
  chmodSync(folder, 0o755);
  expect((await examined()).get("folder")).toMatchObject({ ok: false, code: "not_allowed" });
  chmodSync(folder, 0o700);
});

test("a corrupt page is found, and what to do is said", async () => {
  const bob = await enrol("bob", relay.url);
  for (let n = 0; n < 50; n += 1) queueMessage(bob.profile, { to: "me", text: "x".repeat(2_000) });
  bob.profile.db.pragma("wal_checkpoint(truncate)");
  const { database } = bob.profile.paths;
  const file = openSync(database, "r+");
  writeSync(file, new Uint8Array(512).fill(0x5a), 0, 512, statSync(database).size - 3_000);
  closeSync(file);
  const integrity = (await examined(bob.profile.paths)).get("integrity");
  expect(integrity).toMatchObject({ ok: false, code: "not_set_up", hint: expect.stringMatching(/export/) });
  bob.leave();
});
