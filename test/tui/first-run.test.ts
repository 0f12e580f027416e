import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { relayAnswers } from "../../client/core/account/find-relay.ts";
import { freePort } from "../../client/core/connection/free-port.ts";
import { LAUNCHER, newcomer, Person } from "../support/chat.ts";
import { startTestRelay } from "../support/relay.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

const CTRL_Q = "\u0011";
const ESC = "\u001b";
const DOWN = "\u001b[B";

let home: string;
let url: string;
const open: VirtualTerminal[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "sotto-first-"));
  url = `http://127.0.0.1:${await freePort(18_000 + Math.floor(Math.random() * 10_000))}`;
});

afterEach(async () => {
  for (const terminal of open.splice(0)) await terminal.close();
  await gone();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

const chatHome = () => join(home, "chat");

/** The relay that a client started has ended, and its PostgreSQL too. */
async function gone(): Promise<void> {
  const lock = join(chatHome(), "relay", "postgres", "data", "postmaster.pid");
  for (let times = 0; times < 200 && existsSync(lock); times += 1) await pause(50);
  expect(existsSync(lock)).toBe(false);
}

/** The relay that is started here uses a port that no other test wants. */
function ownRelayAt(address: string): void {
  mkdirSync(chatHome(), { recursive: true });
  writeFileSync(join(chatHome(), "relay.url"), `${address}\n`);
}

function client(env: Record<string, string> = {}, rows = 24, columns = 80): VirtualTerminal {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    env: { HOME: home, CHAT_HOME: chatHome(), ...env },
    cwd: home,
    rows,
    columns,
  });
  open.push(terminal);
  return terminal;
}

async function chooseName(terminal: VirtualTerminal, name: string): Promise<void> {
  await terminal.shows("Your name", 40_000);
  terminal.type(name);
  await terminal.shows(/✓ .*name/);
  terminal.type("\r");
}

async function choosePassword(terminal: VirtualTerminal): Promise<void> {
  await terminal.shows(/Password/);
  terminal.type("correct horse battery\r");
  await terminal.shows("▰▰▰▱ good");
  terminal.type("correct horse battery\r");
}

async function wordsOn(terminal: VirtualTerminal): Promise<Map<string, string>> {
  const screen = await terminal.shows(/24 [a-z]{3,}/, 30_000);
  const words = new Map(
    [...screen.matchAll(/\b(\d+) ([a-z]{3,8})\b/g)].map(([, at = "", word = ""]) => [at, word]),
  );
  expect(words.size).toBe(24);
  return words;
}

async function giveWords(terminal: VirtualTerminal, words: Map<string, string>): Promise<void> {
  const screen = await terminal.shows("Three of your words");
  for (const [, place = ""] of screen.matchAll(/Word (\d+)/g)) {
    terminal.type(words.get(place) ?? "");
    await terminal.shows(`› ${words.get(place)}`);
    terminal.type("\r");
  }
}

async function quit(terminal: VirtualTerminal): Promise<void> {
  terminal.type(CTRL_Q);
  expect(await terminal.exited).toMatchObject({ code: 0 });
}

test("a newcomer goes from nothing to a conversation on a relay that is started here", async () => {
  ownRelayAt(url);
  const terminal = client();
  await terminal.shows("Welcome to Sotto");
  terminal.type("\r");
  await chooseName(terminal, "nora");
  await choosePassword(terminal);
  const words = await wordsOn(terminal);

  terminal.type(`${DOWN}\r`);
  await terminal.shows("Save the words");
  terminal.type("\r");
  await terminal.shows("✓ Saved to");
  const file = join(home, "sotto-recovery-nora.txt");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8").trim().split(" ")).toEqual([...words.values()]);

  terminal.type("\r");
  await giveWords(terminal, words);
  await terminal.shows("Your first conversation", 30_000);
  terminal.type("me\r");
  await terminal.shows("Message me");
  terminal.type("first words\r");
  await terminal.shows(/first words +✓/, 30_000);
  expect(terminal.output).not.toContain("correct horse");
  const nora = new Person("nora", home, url);
  expect(await nora.json(["whoami"])).toMatchObject([{ name: "nora", relay: url }]);
  expect(await nora.json(["send", "me", "it works"])).toMatchObject([
    { state: expect.stringMatching(/sent|delivered/) },
  ]);
  await quit(terminal);
  await gone();
  expect(await relayAnswers(url)).toBe(false);

  // The next start brings its relay back, and a client that is killed takes it along.
  const again = client();
  await again.until(() => again.isOnOtherScreen, "the client has its screen");
  for (let times = 0; times < 200 && !(await relayAnswers(url)); times += 1) await pause(100);
  expect(await relayAnswers(url)).toBe(true);
  expect(again.screen()).not.toContain("Welcome to Sotto");
  again.kill("SIGKILL");
  await again.exited;
  await gone();
  expect(await relayAnswers(url)).toBe(false);
}, 120_000);

test("a registration that is cut at its words goes on at the next start, on a relay found by its address", async () => {
  const relay = await startTestRelay();
  const taken = await newcomer("nora", relay.url);
  try {
    await taken.register();
    const terminal = client({}, 16, 60);
    await terminal.shows("Welcome to Sotto");
    terminal.type(`${DOWN}\r`);
    await terminal.shows("The address of your relay");
    terminal.type("127.0.0.1:1\r");
    await terminal.shows(/refused\)/);
    terminal.type(`\u0015${relay.url}\r`);
    await chooseName(terminal, "nora");
    await terminal.shows("The name nora is taken.");
    terminal.type("2\r");
    await choosePassword(terminal);
    const words = await wordsOn(terminal);
    await quit(terminal);

    const again = client({}, 16, 60);
    await again.shows("Welcome back, nora2");
    again.type("wrong password\r");
    await again.shows("Wrong password.");
    again.type("\u0015correct horse battery\r");
    expect(await wordsOn(again)).toEqual(words);
    again.type("\r");
    await again.shows("Three of your words");
    again.type(ESC);
    await again.shows("I have written them down");
    again.type("\r");
    await giveWords(again, words);
    await again.shows("Your first conversation", 30_000);
    await again.shows(/▌ nora$/m);
    await quit(again);

    const third = client({}, 16, 60);
    await third.until(() => third.isOnOtherScreen, "the client has its screen");
    await pause(300);
    expect(third.screen()).not.toMatch(/Welcome (back|to)/);
    await quit(third);
  } finally {
    await taken.leave();
    await relay.stop();
  }
}, 120_000);

test("a profile with a passphrase asks for it on the screen", async () => {
  const relay = await startTestRelay();
  const nora = new Person("nora", home, relay.url);
  try {
    const file = join(home, "passphrase");
    writeFileSync(file, "open sesame\n");
    writeFileSync(nora.passwordFile, "correct horse\n");
    const files = ["--password-file", nora.passwordFile, "--recovery-file", nora.recoveryFile];
    await nora.ok(["register", "nora", ...files], { env: { CHAT_PASSPHRASE_FILE: file } });
    const terminal = client();
    await terminal.shows("This profile is locked");
    terminal.type("wrong\r");
    await terminal.shows("The passphrase does not open this profile.");
    terminal.type("\u0015open sesame\r");
    await terminal.until(() => !terminal.screen().includes("locked"), "it is open");
    expect(terminal.screen()).not.toContain("Welcome to Sotto");
    expect(terminal.output).not.toContain("sesame");
    await quit(terminal);
  } finally {
    await relay.stop();
  }
}, 60_000);
