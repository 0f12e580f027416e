// The full-screen client on a profile of 2,000 conversations and a million messages, in a real pseudo-terminal, beside a
// bare Ink screen of thirty lines and `node -e 0` in the same run: `npm run bench:tui [MESSAGES]`. Linux only, for what
// the kernel tells of a process. Exits with 1 when something is over its limit.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { unlockProfile } from "../client/core/account/unlock-profile.ts";
import { profilePaths } from "../client/core/paths.ts";
import { closeProfile } from "../client/core/profile.ts";
import { transact } from "../client/store/database.ts";
import { LAUNCHER } from "../test/support/chat.ts";
import { person } from "../test/support/person.ts";
import { spawnRelay } from "../test/support/relay.ts";
import { InTerminal } from "./in-terminal.ts";
import { contactsOf, write } from "./large-profile.ts";

const MESSAGES = Number(process.argv[2] ?? 1_000_000);
const CONVERSATIONS = 2_000;
const STARTS = 15;
const KEYS = 240;
const PAGES = 40;
const IDLE_S = 20;
const TRAFFIC_S = 60;
const A_SECOND = 200;
const SIZE = { columns: 100, rows: 32 };
const LIST_COLUMNS = 22;
/** Drawing is over when nothing came for so long. */
const QUIET_MS = 120;

const PAGE_UP = "\u001b[5~";
const ALT_DOWN = "\u001b[1;3B";

const folder = mkdtempSync(join(tmpdir(), "sotto-bench-tui-"));
const relay = await spawnRelay();
const alice = await person("alice", relay.url);
const env = alice.environment({ TERM: "xterm-256color", COLORTERM: "truecolor" });
const paths = profilePaths(env, "default");
const bare = await bundle();
let isOver = false;
try {
  fill();
  await measure();
} finally {
  await alice.leave();
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isOver ? 1 : 0;

/** The bare screen, made and started as the client is. */
async function bundle(): Promise<string> {
  await build({
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: { screen: "bench/bare-ink.tsx" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node22",
    jsx: "automatic",
    minifySyntax: true,
    minifyWhitespace: true,
    external: ["react-devtools-core"],
    define: { "process.env.NODE_ENV": '"production"' },
    banner: { js: 'import{createRequire as r}from"node:module";const require=r(import.meta.url);' },
    logLevel: "warning",
  });
  const launcher = join(folder, "launch.mjs");
  writeFileSync(
    launcher,
    'import m from "node:module"; m.enableCompileCache(); await import("./screen.mjs");\n',
  );
  return launcher;
}

function fill(): void {
  const start = performance.now();
  const program = fileURLToPath(new URL("fill-profile.ts", import.meta.url));
  const { status } = spawnSync(process.execPath, [program, `${CONVERSATIONS}`, `${MESSAGES}`], {
    env,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the profile cannot be filled");
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  console.log(`${CONVERSATIONS} conversations, ${MESSAGES} messages, made in ${seconds} s\n`);
}

function openBare(): InTerminal {
  return new InTerminal([process.execPath, bare], SIZE, env);
}

function openChat(): InTerminal {
  return new InTerminal([process.execPath, LAUNCHER], SIZE, env);
}

async function measure(): Promise<void> {
  header();
  await measureStarts();
  const screen = openBare();
  await screen.shown((text) => text.includes("28 28"), "the bare screen");
  const bareKeys = await typeKeys(screen);
  await screen.end();

  const chat = openChat();
  await usable(chat);
  await settled(chat);
  const keys = await typeKeys(chat);
  const echo = [
    quantile(
      bareKeys.map(({ first }) => first),
      0.95,
    ),
    quantile(
      keys.map(({ first }) => first),
      0.95,
    ),
  ] as const;
  row(
    "bare Ink, key to echo, p50",
    quantile(
      bareKeys.map(({ first }) => first),
      0.5,
    ),
    "ms",
  );
  row("bare Ink, key to echo, p95", echo[0], "ms");
  row(
    "key to echo, p50",
    quantile(
      keys.map(({ first }) => first),
      0.5,
    ),
    "ms",
  );
  row("key to echo, p95", echo[1], "ms", { floor: echo[0], times: 2 });
  row(
    "work a key, p95",
    quantile(
      keys.map(({ work }) => work),
      0.95,
    ),
    "ms",
    { most: 16 },
  );
  const bareBytes = quantile(
    bareKeys.map(({ bytes }) => bytes),
    0.5,
  );
  row("bare Ink, bytes a key, p50", bareBytes, "B");
  row(
    "bytes a key, p50",
    quantile(
      keys.map(({ bytes }) => bytes),
      0.5,
    ),
    "B",
    { floor: bareBytes, times: 1.5 },
  );

  const switches = await repeat(chat, ALT_DOWN, PAGES);
  row("switching conversations, p50", quantile(switches, 0.5), "ms");
  row("switching conversations, p95", quantile(switches, 0.95), "ms", { most: 50 });
  const pages = await repeat(chat, PAGE_UP, PAGES);
  row("a page up, p50", quantile(pages, 0.5), "ms");
  row("a page up, p95", quantile(pages, 0.95), "ms", { most: 50 });
  await measureTraffic(chat);
  await settled(chat);
  await measureIdle(chat);
  await chat.end();
}

async function measureStarts(): Promise<void> {
  const times = { node: [] as number[], bare: [] as number[], paint: [] as number[], usable: [] as number[] };
  for (let round = -2; round < STARTS; round += 1) {
    const start = performance.now();
    spawnSync(process.execPath, ["-e", "0"], { env });
    const node = performance.now() - start;
    const screen = openBare();
    const bare = await screen.shown((text) => text.includes("28 28"), "the bare screen");
    await screen.end();
    const chat = openChat();
    const paint = await chat.shown((text) => text.trim() !== "", "something");
    const ready = await usable(chat);
    await chat.end();
    // The first ones fill caches.
    if (round < 0) continue;
    times.node.push(node);
    times.bare.push(bare);
    times.paint.push(paint);
    times.usable.push(ready);
  }
  const floor = quantile(times.bare, 0.5);
  row("node -e 0", quantile(times.node, 0.5), "ms");
  row("bare Ink, first paint", floor, "ms", { floor: quantile(times.node, 0.5) });
  row("first paint", quantile(times.paint, 0.5), "ms", { floor, times: 1.6 });
  row("usable: list, messages, a place to type", quantile(times.usable, 0.5), "ms", { floor, times: 2.5 });
}

/** The list, a conversation with its messages, and a place to type are there. */
function usable(chat: InTerminal): Promise<number> {
  return chat.shown(
    (text) => (text.match(/person\d+/g) ?? []).length > 5 && /[a-z]+( [a-z]+){4}/.test(text),
    "a conversation",
  );
}

/** What goes on after the start, or after traffic, is over. */
async function settled(chat: InTerminal): Promise<void> {
  for (let quiet = 0, before = chat.work(); quiet < 3; before = chat.work()) {
    await sleep(1_000);
    quiet = chat.work() - before < 30 ? quiet + 1 : 0;
  }
}

async function typeKeys(screen: InTerminal) {
  const answers = [];
  // Letters, and a blank now and then.
  for (let at = 0; at < KEYS; at += 1)
    answers.push(await screen.press(at % 6 === 5 ? " " : "abcde".charAt(at % 6), 40));
  return answers;
}

async function repeat(chat: InTerminal, key: string, times: number): Promise<number[]> {
  const answers: number[] = [];
  for (let at = 0; at < times; at += 1) answers.push((await chat.press(key, QUIET_MS)).last);
  return answers.filter((each) => !Number.isNaN(each));
}

/** As another process of the profile writes them, one by one. */
async function measureTraffic(chat: InTerminal): Promise<void> {
  const profile = await unlockProfile(paths, async () => undefined);
  const contacts = contactsOf(profile.db);
  const typed = "the quick brown fox jumps over the lazy dog ".repeat(3).trim();
  chat.type("\u0015");
  await sleep(300);
  const samples: { readonly at: number; readonly memory: number }[] = [];
  const worked = chat.work();
  const start = performance.now();
  let written = 0;
  let keys = 0;
  for (let turn = 0; performance.now() - start < TRAFFIC_S * 1_000; turn += 1) {
    const due = Math.floor(((performance.now() - start) / 1_000) * A_SECOND);
    for (; written < due; written += 1) {
      const contact = contacts[written % 5 === 0 ? 0 : written % CONVERSATIONS];
      if (contact === undefined) continue;
      transact(profile.db, () =>
        write(profile, contact, { sequence: MESSAGES + written, sentAt: Date.now(), isNew: true }),
      );
    }
    if (turn % 10 === 0 && keys < typed.length) {
      chat.type(typed.charAt(keys));
      keys += 1;
    }
    if (turn % 200 === 0) samples.push({ at: written, memory: chat.memory() });
    await sleep(5);
  }
  samples.push({ at: written, memory: chat.memory() });
  const seconds = (performance.now() - start) / 1_000;
  closeProfile(profile);
  for (; keys < typed.length; keys += 1) chat.type(typed.charAt(keys));
  const isShown = () => {
    // What stands to the right of the list.
    const right = chat
      .screen()
      .split("\n")
      .map((line) => line.slice(LIST_COLUMNS));
    return right
      .join("")
      .replaceAll(/[^a-z]/g, "")
      .includes(typed.replaceAll(" ", ""));
  };
  for (let wait = 0; wait < 100 && !isShown(); wait += 1) await sleep(100);
  const missing = isShown() ? 0 : 1;
  row(`messages arriving, ${A_SECOND} wanted`, written / seconds, "a s");
  row("work meanwhile", (chat.work() - worked) / seconds / 10, "%");
  row(`keys lost of ${typed.length} (1: some)`, missing, "", { most: 0 });
  if (missing > 0) console.log(chat.screen());
  const later = samples.slice(Math.floor(samples.length / 2));
  const [first, last] = [later[0], later.at(-1)];
  if (first === undefined || last === undefined) return;
  const grown = ((last.memory - first.memory) / Math.max(last.at - first.at, 1)) * 3_600;
  row("memory after the traffic", last.memory, "MB");
  row("and grown by an hour of a message a second", grown, "MB", { most: 50 });
}

async function measureIdle(chat: InTerminal): Promise<void> {
  const [slept, worked] = [chat.sleeps(), chat.work()];
  await sleep(IDLE_S * 1_000);
  const { main, others } = chat.sleeps();
  row("idle: wake-ups", (main - slept.main) / IDLE_S, "a s", { most: 2 });
  row("idle: of V8's threads", (others - slept.others) / IDLE_S, "a s");
  row("idle: of a core", (chat.work() - worked) / IDLE_S / 10, "%", { most: 0.5 });
}

function header(): void {
  console.log(cells("", "", "× floor", "limit"));
}

interface Limit {
  readonly floor?: number;
  /** At most so many times the floor. */
  readonly times?: number;
  readonly most?: number;
}

function row(name: string, value: number, unit: string, { floor, times, most }: Limit = {}): void {
  const ratio = floor === undefined ? undefined : value / floor;
  // Also what could not be measured is over.
  const isFine =
    (times === undefined || (ratio ?? Number.NaN) <= times) && (most === undefined || value <= most);
  if (!isFine) isOver = true;
  const limit = times === undefined ? (most === undefined ? "" : `${most} ${unit}`) : `${times} ×`;
  console.log(
    cells(name, `${value.toFixed(2)} ${unit}`, ratio?.toFixed(2) ?? "", limit) + (isFine ? "" : "  over"),
  );
}

function cells(name: string, ...others: readonly string[]): string {
  return name.padEnd(46) + others.map((cell) => cell.padStart(12)).join("");
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
