// The scripts of docs/scripting.md, as they stand there, on a machine of their own.
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../client/cli/exit-codes.ts";
import {
  type Finished,
  LAUNCHER,
  newcomer,
  type Person,
  parseLines,
  type Running,
  watch,
} from "../support/chat.ts";
import { person } from "../support/person.ts";
import { type SpawnedRelay, spawnRelay } from "../support/relay.ts";

const page = await readFile(new URL("../../docs/scripting.md", import.meta.url), "utf8");
const scripts = new Map(
  [
    ...page.matchAll(/^```(?:sh|js)\n((?:#!.*\n)?(?:#|\/\/) ([a-z-]+\.(?:sh|mjs)): .*\n(?:.*\n)*?)^```$/gm),
  ].map(([, code = "", name = ""]) => [name, code] as const),
);
const hasJq = spawnSync("jq", ["--version"]).status === 0;

let relay: SpawnedRelay;
let alice: Person;
let bot: Person;
let carol: Person;
/** Carol listens in #ci all the time. */
let ear: Running;
/** Where the scripts lie and run. */
let folder: string;
const played = new Set<string>();
const playing = new Set<Running>();

beforeAll(async () => {
  relay = await spawnRelay();
  [alice, bot, carol] = await Promise.all([
    person("alice", relay.url),
    newcomer("deploy-bot", relay.url),
    person("carol", relay.url),
  ]);
  await alice.ok(["group", "create", "ci", "--room"]);
  await carol.ok(["join", "ci"]);
  ear = carol.start(["tail", "#ci", "--json"]);
  folder = join(bot.home, "scripts");
  await mkdir(join(folder, "bin"), { recursive: true });
  await symlink(process.execPath, join(folder, "bin", "node"));
  await program("bin/chat", `exec '${process.execPath}' '${LAUNCHER}' "$@"`);
  await program("bin/mail", "cat >> mails");
});

afterAll(async () => {
  for (const running of playing) end(running, "SIGKILL");
  await Promise.all([...playing].map(({ finished }) => finished));
  await alice?.leave();
  await bot?.leave();
  await carol?.leave();
  await relay?.stop();
});

async function program(name: string, body: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(folder, name), 0o755);
}

async function lay(name: string): Promise<void> {
  const code = scripts.get(name);
  if (code === undefined) throw new Error(`docs/scripting.md has no ${name}`);
  played.add(name);
  await writeFile(join(folder, name), code);
  await chmod(join(folder, name), 0o755);
}

/** In a process group of its own, as from a terminal or a supervisor. */
function begin(command: string, parameters: string[], env: Record<string, string> = {}): Running {
  const path = `${join(folder, "bin")}:${process.env["PATH"]}`;
  const child = spawn(command, parameters, {
    cwd: folder,
    detached: true,
    env: bot.environment({ PATH: path, ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running = watch(child);
  playing.add(running);
  void running.finished.finally(() => playing.delete(running));
  return running;
}

async function start(name: string): Promise<Running> {
  await lay(name);
  return name.endsWith(".sh") ? begin("sh", [name]) : begin("node", [name]);
}

async function play(name: string, env: Record<string, string> = {}): Promise<Finished> {
  await lay(name);
  return begin("sh", [name], env).finished;
}

function end({ process: { pid } }: Running, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

/** What the machine has said in #ci. */
function heard(): Record<string, unknown>[] {
  const all = parseLines(ear.lines().join("\n"));
  return all.filter(({ type, from }) => type === "message" && from === "deploy-bot");
}

/** The same, once nothing more is on its way of what it said until now. */
async function heardAll(): Promise<unknown[]> {
  const [last] = await bot.json(["send", "#ci", "That was all."]);
  await until(() => heard().some(({ id }) => id === last?.["id"]));
  return heard()
    .map(({ text }) => text)
    .filter((text) => text !== "That was all.");
}

/** Does it again and again until it has an effect: what listens "from now on" may not listen yet. */
async function until(
  isThere: () => boolean | Promise<boolean>,
  act: () => Promise<unknown> = async () => undefined,
) {
  for (const limit = Date.now() + 40_000; ; ) {
    await act();
    for (let look = 0; look < 20; look += 1) {
      if (await isThere()) return;
      await sleep(25);
    }
    if (Date.now() > limit) throw new Error(`waited in vain\n${ear.lines().join("\n")}`);
  }
}

test("an account for a machine", async () => {
  expect(await play("set-up.sh")).toMatchObject({ code: 0 });
  expect(await bot.json(["whoami"])).toMatchObject([{ name: "deploy-bot" }]);
  expect((await stat(join(bot.home, "chat", "password"))).mode & 0o777).toBe(0o600);
  expect(await bot.json(["rooms"])).toMatchObject([{ name: "ci", joined: true }]);
  await until(
    () => heard().length > 0,
    () => bot.ok(["send", "#ci", "That was all."]),
  );
});

test("a build that failed is told once, with its last words", async () => {
  await program("bin/make", "seq 30; printf 'no rule \\377\\n'; exit 2");
  for (const _ of ["first", "again"]) {
    expect(await play("build.sh", { BUILD_ID: "7" })).toMatchObject({ code: 2, stderr: "" });
  }
  await program("bin/make", "echo fine");
  expect(await play("build.sh", { BUILD_ID: "8" })).toMatchObject({ code: 0 });
  const [told, ...more] = await heardAll();
  expect(more).toEqual([]);
  expect(told).toMatch(/^Build 7 failed with status 2:\n12\n13\n(?:\d+\n)+30\nno rule $/);
});

test("a nightly job is told once a day and outcome", async () => {
  const before = (await heardAll()).length;
  await program("backup", "exit 1");
  expect(await play("nightly.sh")).toMatchObject({ code: 0, stdout: "" });
  await program("backup", "exit 0");
  expect(await play("nightly.sh")).toMatchObject({ code: 0 });
  expect(await play("nightly.sh")).toMatchObject({ code: 0 });
  const said = (await heardAll()).slice(before).map((text) => String(text).replace(/.* /, ""));
  expect(said).toEqual(["failed.", "done."]);
});

test("an alarm goes by mail unless it arrives, and arrives all the same", async () => {
  const mails = async () => (await readFile(join(folder, "mails"), "utf8")).split("\n").length - 1;
  await relay.kill("relay");
  expect(await play("alarm.sh", { PATIENCE: "1s" })).toMatchObject({ code: 0 });
  expect(await mails()).toBe(1);
  await relay.startAgain();
  const [, cron = ""] = /^\*\/5 \* \* \* \* +(.*)$/m.exec(page) ?? [];
  expect(await begin("sh", ["-c", cron]).finished).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(await play("alarm.sh", { PATIENCE: "1s" })).toMatchObject({ code: 0 });
  expect(await mails()).toBe(2);
  expect(await alice.json(["read", "deploy-bot"])).toMatchObject([{ text: "The disk of db1 is full." }]);
  expect(await play("alarm.sh")).toMatchObject({ code: 0, stderr: "" });
  expect(await mails()).toBe(2);
  expect(await alice.json(["read", "deploy-bot"])).toHaveLength(1);
});

test.skipIf(!hasJq)("a bot in one line answers each ping once", async () => {
  const running = await start("pong.sh");
  const pings: unknown[] = [];
  const answers = () => heard().filter(({ text }) => text === "pong");
  const ping = async () => pings.push((await alice.json(["send", "#ci", "ping"]))[0]?.["id"]);
  await until(() => answers().length > 0, ping);
  await ping();
  await ping();
  await until(() => answers().some(({ reply_to }) => reply_to === pings.at(-1)));
  const answered = answers().map(({ reply_to }) => reply_to);
  expect(answered).toEqual(pings.slice(-answered.length));
  end(running, "SIGINT");
  await running.finished;
});

test("a bot that misses nothing goes on after kill -9, and says nothing twice", async () => {
  await lay("on-message.mjs");
  const hasSaid = (answer: string) => heard().some(({ text }) => text === answer);
  const first = await start("deploys.sh");
  await until(
    () => hasSaid("Deploying warm-up."),
    () => alice.ok(["send", "#ci", "deploy warm-up"]),
  );
  end(first, "SIGKILL");
  await first.finished;
  await alice.ok(["send", "#ci", "deploy api"]);
  await alice.ok(["send", "#ci", 'deploy web"; touch pwned; "']);
  await alice.ok(["send", "#ci", "deploy web"]);
  const second = await start("deploys.sh");
  await until(() => hasSaid("Deploying web."));
  end(second, "SIGKILL");
  await second.finished;
  const third = await start("deploys.sh");
  await alice.ok(["send", "#ci", "deploy last"]);
  await until(() => hasSaid("Deploying last."));
  end(third, "SIGINT");
  expect((await third.finished).stderr).toBe("");
  const deployed = (await heardAll()).filter((text) => /^Deploying (?!warm-up)/.test(String(text)));
  expect(deployed).toEqual(["Deploying api.", "Deploying web.", "Deploying last."]);
  await expect(stat(join(folder, "pwned"))).rejects.toThrow("ENOENT");
});

test("a worker that acknowledges gets what it did not, and what came while it was away", async () => {
  const log = async () => (await readFile(join(folder, "said.log"), "utf8").catch(() => "")).split("\n");
  const first = await start("worker.mjs");
  await until(
    async () => (await log()).includes("alice: warm-up"),
    () => alice.ok(["send", "#ci", "warm-up"]),
  );
  for (const text of ["acknowledged", "perhaps not"]) await alice.ok(["send", "#ci", text]);
  await until(async () => (await log()).includes("alice: perhaps not"));
  // Its `chat tail` takes the acknowledgements that are in the pipe, and ends.
  first.process.kill("SIGKILL");
  await first.finished;
  await rm(join(folder, "said.log"));
  for (const text of ["one", "two", "three"]) await alice.ok(["send", "#ci", text]);
  const second = await start("worker.mjs");
  await until(async () => (await log()).includes("alice: three"));
  end(second, "SIGKILL");
  await second.finished;
  const said = (await log()).filter((line) => line !== "alice: perhaps not");
  expect(said).toEqual(["alice: one", "alice: two", "alice: three", ""]);
});

test("every script of the page was played, and its table has every exit status", () => {
  const blocks = [...page.matchAll(/^```(?:sh|js)$/gm)].length;
  expect(scripts.size).toBe(blocks);
  expect([...played, ...(hasJq ? [] : ["pong.sh"])].sort()).toEqual([...scripts.keys()].sort());
  const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
  expect(statuses).toEqual([...new Set([0, ...Object.values(exitCodes)])].sort((one, other) => one - other));
});
