// What an operator opens and shuts, as operator and people see it: real processes on both sides.
import { writeFile } from "node:fs/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { type Finished, newcomer, type Person, parseLines } from "../support/chat.ts";
import { runChatRelay, type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
const people: Person[] = [];

async function open(...parameters: string[]): Promise<void> {
  relay = await spawnRelay({ parameters });
}

afterEach(async () => {
  await Promise.all(people.splice(0).map((person) => person.leave()));
  await relay.stop();
});
afterAll(() => relay?.stop().catch(() => undefined));

async function admin(...words: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await runChatRelay(["admin", ...words, "--json", "--data", relay.folder])
    .finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parseLines(stdout);
}

const invitation = async (...options: string[]): Promise<string> =>
  String((await admin("invite", ...options))[0]?.["token"]);

async function register(name: string, ...options: string[]): Promise<{ who: Person; finished: Finished }> {
  const who = await newcomer(name, relay.url);
  people.push(who);
  await writeFile(who.passwordFile, `correct horse ${name}\n`);
  const files = ["--password-file", who.passwordFile, "--recovery-file", who.recoveryFile];
  return { who, finished: await who.chat(["register", name, ...files, ...options]) };
}

async function registered(name: string, ...options: string[]): Promise<Person> {
  const { who, finished } = await register(name, ...options);
  expect(finished.code, finished.stderr).toBe(0);
  return who;
}

function expectRefusal({ code, stdout, stderr }: Finished, sentence: RegExp, status = 77): void {
  expect({ code, stdout }, stderr).toEqual({ code: status, stdout: "" });
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\n\s+at /);
}

test("by invitation: each token lets in as many as it is for, and says why not", async () => {
  await open("--registration", "invite");
  const uninvited = await register("alice");
  expectRefusal(uninvited.finished, /by invitation only.*--invite TOKEN/s);
  const mistyped = await register("alice", "--invite", "no-such-token");
  expectRefusal(mistyped.finished, /mistyped, used up, or has run out/);
  const token = await invitation("--expires", "1h");
  const alice = await registered("alice", "--invite", token);
  const late = await register("bob", "--invite", token, "--json");
  expect(JSON.parse(late.finished.stderr)).toMatchObject({ code: "invitation_invalid" });
  expect(late.finished.code).toBe(77);

  // Refused halfway leaves nothing that stands in the way: the same home registers with a good one.
  const files = ["--password-file", late.who.passwordFile, "--recovery-file", late.who.recoveryFile];
  await late.who.ok(["register", "bob", ...files, "--invite", await invitation()]);
  await alice.ok(["send", "bob", "we are in"]);
  expect(await late.who.ok(["read", "alice"])).toContain("we are in");
});

test("closed: nobody new, and who is in stays in", async () => {
  await open("--registration", "closed");
  const { finished } = await register("alice", "--invite", "x");
  expectRefusal(finished, /makes no new accounts/);
});

test("by exact name: nobody is listed, who knows a name writes to it", async () => {
  await open("--directory", "exact");
  const [alice, bob] = [await registered("alice"), await registered("bob")];
  for (const options of [[], ["--watch"], ["--json"]]) {
    const finished = await alice.chat(["people", ...options]);
    if (options.includes("--json")) expect(finished.code).toBe(77);
    else expectRefusal(finished, /does not tell who is on it/);
  }
  await alice.ok(["send", "bob", "I know your name"]);
  expect(await bob.ok(["read", "alice"])).toContain("I know your name");
  await bob.ok(["send", "alice", "and I yours"]);
  expect(await alice.ok(["read", "bob"])).toContain("and I yours");
  expect((await alice.chat(["send", "bo", "x"])).code).toBe(65);
  expect((await alice.chat(["send", "nobody-here", "x"])).code).toBe(67);
});

test("off: nobody is found by name", async () => {
  await open("--directory", "off");
  const [alice] = [await registered("alice"), await registered("bob")];
  expectRefusal(await alice.chat(["people"]), /does not tell who is on it/);
  const sent = await alice.chat(["send", "bob", "are you there?"]);
  expect(sent.code, sent.stderr).toBe(67);
  expect(sent.stderr).toMatch(/looks up no names/);
  await alice.ok(["send", "me", "a note"]);
});

test("an account that is disabled is out at once, hears why, and comes back; one that is deleted is gone", async () => {
  await open();
  const [alice, bob] = [await registered("alice"), await registered("bob")];
  await alice.ok(["send", "bob", "before"]);
  const tail = alice.start(["tail"]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await admin("disable", "alice");
  const ended = await tail.finished;
  expect(ended.code, ended.stderr).toBe(77);
  expect(ended.stderr).toMatch(/operator of this relay has disabled your account/);
  expectRefusal(await alice.chat(["people"]), /has disabled your account/);
  const login = ["login", "alice", "--password-file", alice.passwordFile];
  expectRefusal(await alice.chat(login), /has disabled your account/);
  const kept = await alice.chat(["send", "bob", "meanwhile"]);
  expect(kept.code, kept.stderr).toBe(77);
  expect(await alice.ok(["read", "bob", "--offline"])).toContain("before");
  expect(await bob.ok(["people", "--json"])).not.toContain("alice");
  await bob.ok(["send", "alice", "are you well?"]);

  await admin("enable", "alice");
  expect(await alice.ok(["read", "bob"])).toContain("are you well?");
  expect(await bob.ok(["read", "alice"])).toContain("meanwhile");

  await admin("delete", "alice");
  const gone = await alice.chat(["people"]);
  expect(gone.code, gone.stderr).toBe(77);
  expectRefusal((await register("alice")).finished, /taken/);
  expect(await bob.ok(["read", "alice", "--offline"])).toContain("meanwhile");
  await admin("delete", "alice", "--free-name");
  await registered("alice");
});

test("keys that are rotated under a client that is connected are noticed by nobody", async () => {
  await open();
  const [alice, bob] = [await registered("alice"), await registered("bob")];
  await alice.ok(["send", "bob", "one"]);
  for (let round = 0; round < 3; round += 1) {
    await admin("rotate-keys");
    await Promise.all([
      alice.ok(["send", "bob", `round ${round}`]),
      bob.ok(["send", "alice", `round ${round}`]),
    ]);
  }
  expect(await bob.ok(["read", "alice"])).toMatch(/one.*round 0.*round 1.*round 2/s);
  expect(relay.log()).toContain("token keys rotated");
});
