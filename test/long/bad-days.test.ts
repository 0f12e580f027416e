import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findingsSince } from "../../client/core/people/security.ts";
import { closeProfile } from "../../client/core/profile.ts";
import { LAUNCHER, newcomer, Person, parseLines, registered } from "../support/chat.ts";
import { enrol } from "../support/enrolled.ts";
import { acquaint, catchUp, inside, person, say } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

let relay: SpawnedRelay;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bob] = await Promise.all([person("alice", relay.url), person("bob", relay.url)]);
  await acquaint(alice, bob);
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await relay?.stop();
});

const profileOf = ({ home }: Person) => join(home, "chat", "profiles", "default");

async function textsOf(reader: Person, from: string): Promise<unknown[]> {
  const messages = await reader.json(["read", from, "-n", "100"]);
  return messages.filter((message) => message["from"] === from).map((message) => message["text"]);
}

describe("a disk that is full or cannot be written", () => {
  const mount = mkdtempSync(join(tmpdir(), "sotto-small-"));
  const isMounted =
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mount], { stdio: "ignore" }).status === 0;
  let carol: Person;

  beforeAll(async () => {
    if (!isMounted) return;
    carol = new Person("carol", mount, relay.url);
    closeProfile((await enrol("carol", relay.url, join(mount, "chat"))).profile);
    await acquaint(carol, bob);
  });
  afterAll(() => {
    if (isMounted) execFileSync("umount", ["-l", mount]);
    rmSync(mount, { recursive: true, force: true });
  });

  test.skipIf(!isMounted)("a full disk is 73, and what was not taken is not half there", async () => {
    const filler = join(mount, "filler");
    const file = openSync(filler, "w");
    try {
      for (;;) writeSync(file, new Uint8Array(4096));
    } catch {
      closeSync(file);
    }
    const text = "x".repeat(60_000);
    const full = await carol.chat(["send", "bob", text]);
    expect(full).toMatchObject({ code: 73, stdout: "", stderr: expect.stringMatching(/space/) });
    await say(bob, "carol", text);
    expect((await carol.chat(["read"])).code).toBe(73);
    const seen = await carol.chat(["doctor", "--json"]);
    expect(seen.code).toBe(73);
    expect(parseLines(seen.stdout).find(({ name }) => name === "folder")).toMatchObject({ ok: false });
    rmSync(filler);
    await carol.ok(["send", "bob", "after"]);
    expect(await textsOf(carol, "bob")).toEqual(["hello back", text]);
    expect(await textsOf(bob, "carol")).toEqual(["hello", "after"]);
  });

  test.skipIf(!isMounted)("a read-only file system is 73, with a sentence", async () => {
    execFileSync("mount", ["-o", "remount,ro", mount]);
    for (const command of [["send", "bob", "never"], ["read"], ["list"]]) {
      const finished = await carol.chat(command);
      expect(finished, command[0]).toMatchObject({
        code: 73,
        stderr: expect.stringMatching(/cannot be written.*permissions/s),
      });
    }
    execFileSync("mount", ["-o", "remount,rw", mount]);
    await carol.ok(["send", "bob", "writable again"]);
  });
});

test("a corrupt page is said with what to do, and doctor finds it", async () => {
  const dave = await person("dave", relay.url);
  const pages = await inside(dave, async (profile) => {
    const { queueMessage } = await import("../../client/core/outbox/send-message.ts");
    for (let n = 0; n < 60; n += 1) queueMessage(profile, { to: "me", text: `${n}`.repeat(2_000) });
    const sql = "select pageno from dbstat where name = 'messages' and pagetype = 'overflow' order by pageno";
    return profile.db.prepare<[], number>(sql).pluck().all();
  });
  const file = openSync(join(profileOf(dave), "profile.db"), "r+");
  for (const page of [pages.at(5), pages.at(15), pages.at(25)]) {
    if (page === undefined) throw new Error("the texts are shorter than a page");
    writeSync(file, new Uint8Array(4096).fill(0x5a), 0, 4096, (page - 1) * 4096);
  }
  closeSync(file);
  const finished = await dave.chat(["export"]);
  expect(finished).toMatchObject({ code: 78, stderr: expect.stringMatching(/damaged.*chat login/s) });
  // What is not on those pages is saved.
  expect(parseLines(finished.stdout)).toHaveLength(57);
  const seen = await dave.chat(["doctor"]);
  expect(seen.code).toBe(78);
  expect(seen.stdout).toMatch(/✗ integrity .*damaged/);
  await dave.leave();
});

test("a profile put back from a backup goes on by itself, and nobody is alarmed", async () => {
  const backup = mkdtempSync(join(tmpdir(), "sotto-backup-"));
  const folder = profileOf(alice);
  cpSync(folder, backup, { recursive: true });
  for (const text of ["one", "two"]) await alice.ok(["send", "bob", text]);
  await catchUp(bob);
  await say(bob, "alice", "three");
  await alice.ok(["read", "--json"]);
  cpSync(backup, `${folder}.new`, { recursive: true });
  renameSync(folder, `${folder}.old`);
  renameSync(`${folder}.new`, folder);
  chmodSync(folder, 0o700);

  const first = await alice.chat(["send", "bob", "four"]);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/copied, or put back/);
  const read = await bob.chat(["read", "alice", "--json"]);
  expect(read).toMatchObject({ code: 0, stderr: "" });
  await bob.ok(["send", "alice", "five"]);
  const got = await alice.chat(["read", "bob"]);
  expect(got.code).toBe(0);
  expect(got.stdout).toMatch(/five/);
  await alice.ok(["send", "bob", "six"]);
  expect(await textsOf(bob, "alice")).toEqual(["hello", "one", "two", "four", "six"]);
  expect((await alice.chat(["doctor"])).code).toBe(0);
  rmSync(backup, { recursive: true });
  rmSync(`${folder}.old`, { recursive: true });
});

test("so does one that is in a group, and whose messages waited when it was saved", async () => {
  const backup = mkdtempSync(join(tmpdir(), "sotto-backup-"));
  const gina = await person("gina", relay.url);
  await acquaint(gina, bob);
  await gina.ok(["group", "create", "ops", "bob"]);
  await catchUp(bob);
  await bob.ok(["group", "accept", "ops"]);
  await gina.ok(["send", "#ops", "before"]);
  await bob.ok(["send", "#ops", "heard"]);
  await catchUp(gina);
  // With the relay away: queued, and saved with the profile.
  const away = { env: { CHAT_RELAY: "http://127.0.0.1:9" } };
  expect((await gina.chat(["send", "#ops", "waited"], away)).code).toBe(69);
  cpSync(profileOf(gina), backup, { recursive: true });
  await gina.ok(["send", "#ops", "later"]);
  await catchUp(bob);
  cpSync(backup, `${profileOf(gina)}.new`, { recursive: true });
  renameSync(profileOf(gina), `${profileOf(gina)}.old`);
  renameSync(`${profileOf(gina)}.new`, profileOf(gina));

  const tail = gina.start(["tail", "--json"]);
  await sleep(3_000);
  expect(await gina.chat(["send", "#ops", "again here"])).toMatchObject({ code: 0 });
  await bob.ok(["send", "#ops", "welcome back"]);
  await tail.until((lines) => lines.some((line) => line.includes("welcome back")));
  expect(await tail.kill("SIGINT")).toMatchObject({ code: 130 });
  const heard = await bob.chat(["read", "ops", "-n", "100", "--json"]);
  expect(heard).toMatchObject({ code: 0, stderr: "" });
  const texts = parseLines(heard.stdout).map(({ text }) => text);
  expect(texts).toEqual(["before", "heard", "waited", "later", "again here", "welcome back"]);
  const alarms = await inside(gina, (profile) => findingsSince(profile, 0).map(({ gravity }) => gravity));
  expect(alarms).not.toContain("stop");
  await gina.leave();
  rmSync(backup, { recursive: true });
});

test("one whose login was used since is signed out, and a password is all that it takes to go on", async () => {
  const hans = await registered("hans", relay.url);
  await acquaint(hans, bob);
  const backup = mkdtempSync(join(tmpdir(), "sotto-backup-"));
  cpSync(profileOf(hans), backup, { recursive: true });
  // An hour is over, twice.
  for (let times = 0; times < 3; times += 1) {
    await inside(hans, ({ db }) => db.prepare("update tokens set access_expires_at = 0").run());
    await hans.ok(["send", "bob", `used ${times}`]);
  }
  await catchUp(bob);
  cpSync(backup, `${profileOf(hans)}.new`, { recursive: true });
  renameSync(profileOf(hans), `${profileOf(hans)}.old`);
  renameSync(`${profileOf(hans)}.new`, profileOf(hans));
  await inside(hans, ({ db }) => db.prepare("update tokens set access_expires_at = 0").run());

  const out = await hans.chat(["send", "bob", "from the backup"]);
  expect(out).toMatchObject({
    code: 77,
    stderr: expect.stringMatching(/restored from a backup.*chat login/s),
  });
  await hans.ok(["login", "hans", "--password-file", hans.passwordFile]);
  await hans.ok(["read", "--json"]);
  expect(await textsOf(bob, "hans")).toEqual(["hello", "used 0", "used 1", "used 2", "from the backup"]);
  await hans.leave();
  rmSync(backup, { recursive: true });
});

test("an older program stops at a profile that a newer one has brought up to date, while it runs too", async () => {
  const erin = await person("erin", relay.url);
  const tail = erin.start(["tail"]);
  await sleep(2_000);
  await inside(erin, (profile) => {
    const version = Number(profile.db.pragma("user_version", { simple: true }));
    profile.db.pragma(`user_version = ${version + 1}`);
  });
  const next = await erin.chat(["send", "me", "x"]);
  expect(next).toMatchObject({ code: 78, stderr: expect.stringMatching(/newer version.*Update Sotto/s) });
  expect(await tail.finished).toMatchObject({ code: 78, stderr: expect.stringMatching(/newer version/) });
  await erin.leave();
});

test("with a clock that is off by a year people still read each other, and doctor says it", async () => {
  const clock = join(alice.home, "clock.mjs");
  writeFileSync(
    clock,
    `const now = Date.now, year = Number(process.env.AHEAD) * 365 * 24 * 3600 * 1000;
     globalThis.Date = class extends Date { constructor(...a) { a.length ? super(...a) : super(now() + year); }
       static now() { return now() + year; } };`,
  );
  for (const ahead of ["1", "-1"]) {
    const env = { NODE_OPTIONS: `--import ${clock}`, AHEAD: ahead };
    expect((await alice.chat(["send", "bob", `off by ${ahead}`], { env })).code).toBe(0);
    await say(bob, "alice", `answer to ${ahead}`);
    expect((await alice.chat(["read", "bob", "--json"], { env })).stdout).toMatch(`answer to ${ahead}`);
    const seen = await alice.chat(["doctor"], { env });
    expect(seen.stdout).toMatch(/✗ clock .*365 days/);
    expect(seen.code).toBe(78);
  }
  const [, ...got] = (await bob.json(["read", "alice", "-n", "100"])).filter(({ from }) => from === "alice");
  expect(got.map(({ text }) => text)).toEqual(expect.arrayContaining(["off by 1", "off by -1"]));
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  expect(got.every(({ sent_at }) => String(sent_at) < inAnHour)).toBe(true);
  expect((await alice.chat(["doctor"])).code).toBe(0);
});

test("a suspended process holds nobody up, and shows what it missed once when it goes on", async () => {
  const tail = alice.start(["tail", "bob", "--json"]);
  await sleep(2_500);
  tail.process.kill("SIGSTOP");
  await say(bob, "alice", "while you slept");
  expect((await alice.chat(["read", "bob", "--json"])).stdout).toMatch("while you slept");
  await alice.ok(["send", "bob", "sent beside it"]);
  await sleep(5_500);
  tail.process.kill("SIGCONT");
  await tail.until((lines) => lines.some((line) => line.includes("sent beside it")));
  await say(bob, "alice", "awake again");
  const lines = await tail.until((all) => all.some((line) => line.includes("awake again")));
  for (const text of ["while you slept", "sent beside it", "awake again"]) {
    expect(
      lines.filter((line) => line.includes(`"text":"${text}"`)),
      text,
    ).toHaveLength(1);
  }
  expect((await tail.kill("SIGINT")).code).toBe(130);
});

test("several accounts on several relays share a folder, each with its --profile", async () => {
  const other = await spawnRelay();
  const home = await newcomer("many", relay.url);
  const env = { CHAT_RELAY: "" };
  writeFileSync(home.passwordFile, "correct horse battery\n");
  for (const [profile, at] of [
    ["work", relay.url],
    ["home", other.url],
  ] as const) {
    const options = [
      "--password-file",
      home.passwordFile,
      "--recovery-file",
      `${home.recoveryFile}-${profile}`,
    ];
    await home.ok(["register", `zoe-${profile}`, "--relay", at, "--profile", profile, ...options], { env });
  }
  await home.ok(["send", "bob", "from work", "--profile", "work"], { env });
  expect(await home.chat(["send", "bob", "x", "--profile", "home"], { env })).toMatchObject({ code: 67 });
  await home.ok(["send", "me", "note at home", "--profile", "home"], { env });
  expect(await textsOf(bob, "zoe-work")).toEqual(["from work"]);
  for (const [profile, at] of [
    ["work", relay.url],
    ["home", other.url],
  ] as const) {
    expect(await home.json(["whoami", "--profile", profile], { env })).toMatchObject([
      { relay: at, profile },
    ]);
    expect((await home.chat(["doctor", "--profile", profile], { env })).code).toBe(0);
  }
  expect((await home.chat(["whoami"], { env })).code).toBe(78);
  await home.leave();
  await other.stop();
});

describe("completion", () => {
  let bin: string;
  beforeAll(() => {
    bin = join(alice.home, "bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node"));
    writeFileSync(join(bin, "chat"), `#!/bin/sh\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`);
    chmodSync(join(bin, "chat"), 0o755);
  });

  /** What `shell` prints, with `chat` on its path and alice's profile. */
  function run(shell: string, ...parameters: string[]): string {
    const env = alice.environment({ PATH: `${bin}:${process.env["PATH"]}`, TERM: "dumb" });
    const { stdout, stderr, status } = spawnSync(shell, parameters, {
      env,
      encoding: "utf8",
      timeout: 30_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }
  const has = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

  test("bash completes commands and live names", () => {
    const script = `source <(chat completion bash)
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sotto_complete; echo "\${COMPREPLY[*]}"; }
      try chat who; try chat send b; try chat send @ b; try chat send --wait del; complete -p chat`;
    expect(run("bash", "-c", script).split("\n")).toEqual([
      "whoami",
      "bob",
      "bob",
      "delivered",
      "complete -F _sotto_complete chat",
      "",
    ]);
  });

  test.skipIf(!has("zsh"))("zsh completes commands and live names", () => {
    const script = `compdef() { :; }; _describe() { print -l -- \${(P)4}; }; _files() { print files; }
      source <(chat completion zsh)
      try() { words=("$@"); CURRENT=$#; _sotto_complete; }
      try chat who; try chat send b; try chat register x --password-file ""`;
    expect(run("zsh", "-f", "-c", script)).toMatch(/^whoami:[^\n]+\nbob:person\nfiles\n$/);
  });

  test.skipIf(!has("fish"))("fish completes commands and live names", () => {
    const script = `chat completion fish | source; complete -C "chat who"; complete -C "chat send b"`;
    expect(run("fish", "--no-config", "-c", script)).toMatch(/^whoami\t[^\n]+\nbob\tperson\n$/);
  });

  test("it asks nobody, and a profile that does not open gives commands all the same", async () => {
    const nobody = await newcomer("nobody", relay.url);
    expect(await nobody.ok(["completion", "words", "--", "send", ""])).toBe("me\tnotes to yourself\n");
    expect(await nobody.chat(["completion", "tcsh"])).toMatchObject({ code: 64 });
    await nobody.leave();
  });
});
