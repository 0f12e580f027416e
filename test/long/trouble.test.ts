import { spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, LAUNCHER, newcomer, type Person, watch } from "../support/chat.ts";
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

/** A designed failure: its exit status, one sentence and a next step on stderr, nothing on stdout, no stack trace. */
function expectTrouble(finished: Finished, code: number, sentence: RegExp): void {
  expect({ code: finished.code, stderr: finished.stderr }).toEqual({
    code,
    stderr: expect.stringMatching(sentence),
  });
  expect(finished.stdout).toBe("");
  expect(finished.stderr).not.toMatch(/\n\s+at |node:internal|\.ts:\d|\.js:\d/);
}

/** The same with `--json`: one object on stderr. */
function expectErrorObject(finished: Finished, code: number, name: string): void {
  expect(finished.code).toBe(code);
  expect(JSON.parse(finished.stderr)).toEqual({
    type: "error",
    code: name,
    message: expect.any(String),
    hint: finished.stderr.includes('"hint":null') ? null : expect.any(String),
    retry_after: finished.stderr.includes('"retry_after":null') ? null : expect.any(Number),
  });
}

describe("bad input", () => {
  test("an unknown command or option is wrong usage", async () => {
    expectTrouble(await alice.chat(["sned", "bob", "x"]), 64, /unknown command.*sned.*send/is);
    expectTrouble(
      await alice.chat(["send", "bob", "x", "--frobnicate"]),
      64,
      /unknown option.*--frobnicate/is,
    );
    expectTrouble(await alice.chat(["send"]), 64, /TO/);
    expectTrouble(await alice.chat(["send", "bob", "x", "--wait", "forever"]), 64, /sent/);
    expectTrouble(await alice.chat(["send", "bob", "x", "--timeout", "soon"]), 64, /30s/);
  });

  test("an unknown person is 67", async () => {
    expectTrouble(await alice.chat(["send", "zebra", "hello"]), 67, /zebra/);
    expectErrorObject(await alice.chat(["send", "zebra", "hello", "--json"]), 67, "unknown_person");
    expectTrouble(await alice.chat(["read", "zebra"]), 67, /zebra/);
  });

  test("a bad name is 65", async () => {
    for (const name of ["al", "with space", "x".repeat(33), "häuser", "a/b"]) {
      const someone = await newcomer("bad", relay.url);
      await writeFile(someone.passwordFile, "correct horse battery\n");
      const finished = await someone.chat([
        ...["register", name, "--password-file", someone.passwordFile],
        ...["--recovery-file", someone.recoveryFile],
      ]);
      expectTrouble(finished, 65, /3.*32/);
      await someone.leave();
    }
  });

  test("a taken name is said so, and another name works at once", async () => {
    const other = await newcomer("other", relay.url);
    await writeFile(other.passwordFile, "correct horse battery\n");
    const options = ["--password-file", other.passwordFile, "--recovery-file", other.recoveryFile];
    expectTrouble(await other.chat(["register", "alice", ...options]), 77, /alice.*taken/i);
    await other.ok(["register", "alice2", ...options]);
    expect(await other.json(["whoami"])).toMatchObject([{ name: "alice2" }]);
    await other.leave();
  });

  test("a text of 1 MiB, an empty one and one that is not UTF-8 are 65 and leave nothing behind", async () => {
    expectTrouble(await alice.chat(["send", "bob"], { input: "x".repeat(1 << 20) }), 65, /65,?536/);
    expectTrouble(await alice.chat(["send", "bob"], { input: "" }), 65, /empty/i);
    expectTrouble(await alice.chat(["send", "bob"], { input: Buffer.from([0x68, 0xff, 0xfe]) }), 65, /UTF-8/);
    expectTrouble(await alice.chat(["send", "bob", ""]), 65, /empty/i);
    await bob.ok(["read", "--json"]);
    expect((await bob.json(["list"])).filter((row) => row["name"] === "alice")).toEqual([]);
  });

  test("a text of exactly 65,536 bytes arrives whole", async () => {
    const text = `${"é".repeat(32_767)}ab`;
    await alice.ok(["send", "bob"], { input: text });
    expect((await bob.json(["read", "alice", "-n", "1"]))[0]?.["text"]).toBe(text);
  });

  test("a recovery file that exists is never written over", async () => {
    const someone = await newcomer("carol", relay.url);
    await writeFile(someone.passwordFile, "correct horse battery\n");
    await writeFile(someone.recoveryFile, "precious\n");
    const options = ["--password-file", someone.passwordFile, "--recovery-file", someone.recoveryFile];
    expectTrouble(await someone.chat(["register", "carol", ...options]), 73, /exists/);
    expectTrouble(await someone.chat(["whoami"]), 78, /register/);
    await someone.leave();
  });

  test("without an account every command says what to do, and exits with 78", async () => {
    const someone = await newcomer("nobody", relay.url);
    for (const command of [["whoami"], ["people"], ["list"], ["send", "bob", "x"], ["read"], ["tail"]]) {
      expectTrouble(await someone.chat(command), 78, /chat register/);
    }
    await someone.leave();
  });

  test("a closed stdin is an empty message, not a crash", async () => {
    const shell = `exec "${process.execPath}" "${LAUNCHER}" send bob <&-`;
    const child = spawn("/bin/sh", ["-c", shell], { env: alice.environment() });
    expectTrouble(await watch(child).finished, 65, /empty/i);
  });

  test("a closed stdout ends quietly", async () => {
    const running = alice.start(["people", "--json"]);
    running.process.stdout?.destroy();
    const { code, stderr } = await running.finished;
    expect(stderr).toBe("");
    expect([0, 141]).toContain(code);
  });

  test("Ctrl-C in a tail is 130", async () => {
    const tail = alice.start(["tail"]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const { code } = await tail.kill("SIGINT");
    expect(code).toBe(130);
  });

  test("a folder that cannot be written is 73", async () => {
    if (process.getuid?.() === 0) return; // root writes everywhere
    const someone = await newcomer("locked", relay.url);
    await mkdir(join(someone.home, "chat"));
    await chmod(join(someone.home, "chat"), 0o500);
    await writeFile(someone.passwordFile, "correct horse battery\n");
    const options = ["--password-file", someone.passwordFile, "--recovery-file", someone.recoveryFile];
    expectTrouble(await someone.chat(["register", "locked", ...options]), 73, /write/);
    await someone.leave();
  });
});

test("with the relay down a send is kept (69) and goes out with the next command that connects", async () => {
  await relay.process.kill("SIGTERM");
  const kept = await alice.chat(["send", "bob", "kept for later", "--json"]);
  expect(kept.code).toBe(69);
  expect(JSON.parse(kept.stdout)).toMatchObject({ type: "message", text: "kept for later", state: "queued" });
  expect(JSON.parse(kept.stderr)).toMatchObject({ type: "error", code: "relay_unreachable" });
  const second = await alice.chat(["send", "bob", "me too"]);
  expect(second.code).toBe(69);
  expect(second.stderr).toMatch(/outbox|kept|goes out/i);
  expect(
    (await alice.json(["read", "bob", "--offline", "-n", "2"])).map((message) => message["state"]),
  ).toEqual(["queued", "queued"]);
  await relay.startAgain();
  await alice.ok(["send", "bob", "now"]);
  expect((await bob.json(["read", "alice", "-n", "3"])).map((message) => message["text"])).toEqual([
    "kept for later",
    "me too",
    "now",
  ]);
});
