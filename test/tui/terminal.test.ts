import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LAUNCHER } from "../support/chat.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

const watched = fileURLToPath(new URL("../support/watched-process.mjs", import.meta.url));
const CTRL_Q = "\u0011";
const CTRL_Z = "\u001a";
const CHAT = `'${process.execPath}' '${LAUNCHER}'`;

let home: string;
let terminal: VirtualTerminal;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sotto-terminal-"));
});

afterEach(async () => {
  await terminal.close();
  rmSync(home, { recursive: true, force: true });
});

function environment(extra: Record<string, string> = {}): Record<string, string> {
  return {
    HOME: home,
    CHAT_HOME: join(home, "chat"),
    PS1: "ready> ",
    TEST_PID_FILE: join(home, "pid"),
    NODE_OPTIONS: `--import ${watched}`,
    ...extra,
  };
}

function chatPid(): number {
  return Number(readFileSync(join(home, "pid"), "utf8"));
}

/** A shell that leaves the terminal's modes as they are, and the client in it. */
async function inShell(command = CHAT, extra: Record<string, string> = {}): Promise<void> {
  terminal = new VirtualTerminal(["/bin/sh", "-i"], { env: environment(extra), cwd: home });
  await terminal.shows("ready>");
  terminal.type("echo kept\r");
  // Typed ahead of its prompt, the command would leave that one for the end, to be taken for the next.
  await terminal.shows(/^kept\n+ready> $/m);
  terminal.type(`${command}\r`);
  await opened();
}

async function opened(where = terminal): Promise<void> {
  await where.until(() => where.isOnOtherScreen && where.screen().trim() !== "", "the client has drawn");
}

/** The terminal is as it was before, and the shell says that the client ended so. */
async function expectGivenBack(status: number): Promise<void> {
  await expectUsable();
  terminal.type("echo status $?\r");
  await terminal.shows(new RegExp(`^status ${status}$`, "m"));
  await expectCooked();
}

async function expectCooked(): Promise<void> {
  terminal.type("stty -a\n");
  await terminal.shows(/\becho\b.*echoke/s);
  expect(terminal.screen()).not.toMatch(/-(icanon|echo|isig|icrnl|opost)\b/);
}

async function expectUsable(): Promise<void> {
  await terminal.until(() => !terminal.isOnOtherScreen, "the screen is given back");
  await terminal.shows(/ready> $/m);
  expect(terminal.screen()).toContain("kept");
  expect(terminal.modes).toMatchObject({
    bracketedPasteMode: false,
    mouseTrackingMode: "none",
    sendFocusMode: false,
    synchronizedOutputMode: false,
    wraparoundMode: true,
  });
  expect(terminal.isCursorShown).toBe(true);
  const times = (sequence: string) => terminal.output.split(sequence).length;
  expect(times("\u001b[<u")).toBe(times("\u001b[>1u"));
  expect(times("\u001b[?1049l")).toBe(times("\u001b[?1049h"));
}

test("the client takes the whole screen, and its keys, pastes, clicks and focus", async () => {
  await inShell();
  expect(terminal.modes).toMatchObject({
    bracketedPasteMode: true,
    mouseTrackingMode: "vt200",
    sendFocusMode: true,
    wraparoundMode: false,
  });
  expect(terminal.screen()).not.toContain("kept");
});

test("quitting gives the terminal back as it was", async () => {
  await inShell();
  terminal.type(CTRL_Q);
  await expectGivenBack(0);
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGQUIT", 131],
  ["SIGALRM", 142],
  ["SIGUSR2", 140],
] as const)("%s gives the terminal back as it was", async (signal, status) => {
  await inShell();
  process.kill(chatPid(), signal);
  // Before the command line loses its patience with a command that does not end by itself.
  await terminal.until(() => !terminal.isOnOtherScreen, "the screen is given back", 1_400);
  await expectGivenBack(status);
});

test.each(["an exception", "a rejection"])("%s gives the terminal back and says why", async (kind) => {
  await inShell(CHAT, { TEST_ON_SIGNAL: kind, CHAT_DEBUG: "1" });
  process.kill(chatPid(), "SIGURG");
  await expectUsable();
  expect(terminal.screen()).toContain(`${kind} of the test`);
  await expectGivenBack(70);
});

test("a client whose parent was killed gives the terminal back", async () => {
  await inShell(`sh -c "${CHAT}; true"`);
  const parent = Number(execFileSync("ps", ["-o", "ppid=", "-p", String(chatPid())], { encoding: "utf8" }));
  expect(parent).not.toBe(terminal.pid);
  process.kill(parent, "SIGKILL");
  await terminal.until(() => !terminal.isOnOtherScreen, "the screen is given back");
  await terminal.until(() => !isAlive(chatPid()), "the client has ended");
});

test("a client whose terminal is closed ends", async () => {
  terminal = new VirtualTerminal([process.execPath, LAUNCHER], { env: environment(), cwd: home });
  await opened();
  const pid = chatPid();
  await terminal.hangUp();
  await terminal.until(() => !isAlive(pid), "the client has ended", 5_000);
});

test("Ctrl-Z gives the terminal back until the client goes on", async () => {
  await inShell();
  terminal.type(CTRL_Z);
  await expectUsable();
  await expectCooked();
  terminal.type("clear; echo kept; fg\r");
  await opened();
  terminal.type(CTRL_Z);
  await expectUsable();
  terminal.type("fg\r");
  await opened();
  terminal.type(CTRL_Q);
  await expectGivenBack(0);
});

test("a client that was stopped from outside has its screen again when it goes on", async () => {
  await inShell();
  process.kill(chatPid(), "SIGSTOP");
  await terminal.shows("ready>");
  // Nothing could prepare the terminal for the shell: a line ends as it does in raw mode, and what is too long is cut.
  terminal.type("stty sane; fg\n");
  await terminal.until(() => !terminal.screen().includes("ready>"), "the screen is drawn anew");
  await opened();
  terminal.type(CTRL_Q);
  await expectGivenBack(0);
});

test("where nobody could continue it, Ctrl-Z does not stop the client", async () => {
  terminal = new VirtualTerminal([process.execPath, LAUNCHER], { env: environment(), cwd: home });
  await opened();
  terminal.type(CTRL_Z);
  await terminal.until(() => !terminal.isOnOtherScreen, "the screen is given back");
  await opened();
  terminal.type(CTRL_Q);
  expect(await terminal.exited).toMatchObject({ code: 0 });
});

test("after a storm of sizes down to one cell the screen is as if it had always been so", async () => {
  terminal = new VirtualTerminal([process.execPath, LAUNCHER], { env: environment(), cwd: home });
  await opened();
  const before = terminal.screen();
  for (const [columns, rows] of [
    [40, 10],
    [120, 40],
  ] as const) {
    const fresh = new VirtualTerminal([process.execPath, LAUNCHER], { env: environment(), columns, rows });
    await opened(fresh);
    terminal.resize(columns, rows);
    await terminal.until(() => terminal.screen() === fresh.screen(), "the screen is as if always so");
    await fresh.close();
  }
  let seed = 1;
  for (let round = 0; round < 120; round++) {
    seed = (seed * 48_271) % 2_147_483_647;
    terminal.resize(1 + (seed % 200), 1 + (seed % 61));
    if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  terminal.resize(1, 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  terminal.resize(80, 24);
  await terminal.until(() => terminal.screen() === before, "the screen is as before");
  terminal.type(CTRL_Q);
  expect(await terminal.exited).toMatchObject({ code: 0 });
});

test("a warning of Node does not spoil the screen, and is said afterwards", async () => {
  await inShell(CHAT, { TEST_ON_SIGNAL: "a warning" });
  const before = terminal.screen();
  const length = terminal.output.length;
  process.kill(chatPid(), "SIGURG");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(terminal.output.slice(length)).toBe("");
  expect(terminal.screen()).toBe(before);
  terminal.type(CTRL_Q);
  await terminal.shows("a warning of the test");
  await expectGivenBack(0);
});

test("the title is the client's while it runs", async () => {
  await inShell();
  await terminal.until(() => terminal.title === "Sotto", "the title is set");
  terminal.type(CTRL_Q);
  await expectGivenBack(0);
  expect(terminal.output).toContain("\u001b[22;2t");
  expect(terminal.output).toContain("\u001b[23;2t");
});

test("a profile that cannot be opened is said before the screen is taken", async () => {
  mkdirSync(join(home, "chat/profiles/default"), { recursive: true });
  writeFileSync(join(home, "chat/profiles/default/profile.key"), "damaged");
  terminal = new VirtualTerminal([process.execPath, LAUNCHER], { env: environment(), cwd: home });
  await terminal.shows("The profile's key file is damaged.");
  expect(await terminal.exited).toMatchObject({ code: 78 });
  expect(terminal.output).not.toContain("\u001b[?1049h");
});

test("a paste of a megabyte is taken, and keys still work", async () => {
  await inShell();
  terminal.paste("0123456789abcde\n".repeat(65_536));
  terminal.type(CTRL_Q);
  await expectGivenBack(0);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
