import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LAUNCHER, watch } from "../test/support/chat.ts";
import { COMPILE_CACHE } from "../test/support/relay.ts";
import { VirtualTerminal } from "../test/support/virtual-terminal.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const CTRL_Q = "\u0011";
let folder: string;
const killed: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-demo-test-"));
});
afterEach(() => {
  for (const kill of killed.splice(0)) kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function environment(): Promise<Record<string, string>> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TMPDIR: folder,
    CHAT_HOME: join(folder, "home"),
    CHAT_RELAY: `http://127.0.0.1:${await freePort()}`,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** `chat demo` as it is built, at a terminal. */
function demoIn(env: Record<string, string>): VirtualTerminal {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER, "demo"], { columns: 100, rows: 40, env });
  killed.push(() => terminal.kill("SIGKILL"));
  return terminal;
}

test("without a terminal the demo is a transcript, and leaves nothing behind", async () => {
  const child = spawn(process.execPath, [main, "demo"], {
    env: await environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { code, stdout, stderr } = await watch(child).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/relay ready on http.*You are alice.*You are bob/s);
  expect(stdout).toMatch(/bob \$ chat read alice\n\d\d:\d\d {2}alice {2}Lunch at one\?/);
  expect(stdout).toMatch(/alice \$ chat read bob\n.*\n\d\d:\d\d {2}bob {4}Yes\./);
  expect(stdout).toMatch(/envelope, which begin with\n {4}[0-9a-f]{64}\n/);
  expect(stdout).toMatch(/"Lunch" in them: 0 of [2-9]/);
  expect(readdirSync(folder)).toEqual([]);
});

test("interrupted in the middle, the transcript cleans up too", async () => {
  const child = spawn(process.execPath, [main, "demo"], {
    env: await environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running = watch(child);
  await running.until((lines) => lines.some((line) => line.startsWith("relay ready")));
  const { code } = await running.kill("SIGINT");
  expect(code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});

test("at a terminal it leads to an account and a friend who answers, and goes on there the next time", async () => {
  const env = await environment();
  const first = demoIn(env);
  await first.shows("Your name here");
  first.type("\u0015Nora\r");
  await first.shows("Choose a password");
  first.type("short\r");
  await first.shows("at least 8");
  first.type("\u0015correct horse\r");
  await first.shows("The same again");
  first.type("correct horse\r");
  await first.shows("written them down");
  first.type("y\r");
  await first.shows("Write something, and I say it back.");
  await first.shows("connected");
  first.type("hello\r");
  await first.shows("You said: hello");

  const { code, stdout } = await watch(spawn(process.execPath, [LAUNCHER, "send", "echo", "me too"], { env }))
    .finished;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "Sent to echo.\n" });
  await first.shows("You said: me too");
  first.type(CTRL_Q);
  expect(await first.exited).toMatchObject({ code: 0 });
  expect(first.output).not.toContain("correct horse");

  const second = demoIn(env);
  await second.shows("You said: me too");
  expect(second.screen().match(/Write something/g)).toHaveLength(1);
  second.type(CTRL_Q);
  expect(await second.exited).toMatchObject({ code: 0 });
  await second.shows("npx chat` opens it");
  expect(existsSync(join(folder, "home", "relay", "postgres", "data", "postmaster.pid"))).toBe(false);
}, 90_000);
