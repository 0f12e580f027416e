// `npm run pictures`: people who talk over a real relay with the real program, and what is on their screens, as
// docs/pictures/*.svg. Names, texts and times are the same each time; keys, and so safety numbers, are not.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LAUNCHER, newcomer, type Person } from "../test/support/chat.ts";
import { person } from "../test/support/person.ts";
import { spawnRelay } from "../test/support/relay.ts";
import { VirtualTerminal } from "../test/support/virtual-terminal.ts";
import { dark, light, type Palette } from "./pictures/palette.ts";
import { svgOf } from "./pictures/svg.ts";

const FOLDER = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const CLOCK = fileURLToPath(new URL("./pictures/clock.mjs", import.meta.url));

const ENTER = "\r";
const ESC = "\u001b";
const DOWN = `${ESC}[B`;
const CTRL_F = "\u0006";
const CTRL_P = "\u0010";
const CTRL_Q = "\u0011";
const alt = (key: string) => `${ESC}${key}`;

const folder = mkdtempSync(join(tmpdir(), "sotto-pictures-"));
const clockFile = join(folder, "clock");
const env = { NODE_OPTIONS: `--import=${CLOCK}`, PICTURE_CLOCK: clockFile, NODE_NO_WARNINGS: "1" };
const terminals: VirtualTerminal[] = [];
mkdirSync(FOLDER, { recursive: true });

at("2026-11-19T17:38:00Z");
const relay = await spawnRelay({ env });
try {
  const people = await register("alice", "bob", "carol", "dave", "erin");
  await tell(people);
  await firstRun();
  await show(people);
} finally {
  for (const terminal of terminals) await terminal.close();
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Sets everybody's clock. */
function at(moment: string): void {
  writeFileSync(clockFile, String(Date.parse(moment) - Date.now()));
}

type People = Readonly<Record<"alice" | "bob" | "carol" | "dave" | "erin", Person>>;

async function register(...names: (keyof People)[]): Promise<People> {
  Object.assign(process.env, env);
  const all = await Promise.all(names.map(async (name) => [name, await person(name, relay.url)] as const));
  return Object.fromEntries(all) as unknown as People;
}

/** Looks what has come first, which marks nothing as read. The id, if it made a message. */
async function chat(by: Person, ...words: string[]): Promise<string> {
  await by.json(["read"], { env });
  const [made] = await by.json(words, { env });
  return String(made?.["id"] ?? "");
}

/** Two days of work. */
async function tell({ alice, bob, carol, dave, erin }: People): Promise<void> {
  const others = [bob, carol, dave, erin];
  await chat(alice, "group", "create", "ops", ...others.map(({ name }) => name));
  for (const each of others) await chat(each, "group", "accept", "ops");
  await chat(dave, "group", "create", "music", "--room");
  await chat(alice, "join", "music");
  await chat(alice, "send", "carol", "Lunch at the usual place?");
  await chat(carol, "send", "alice", "Half past twelve. I bring the printouts.");
  at("2026-11-19T17:41:00Z");
  await chat(
    bob,
    "send",
    "#ops",
    "New checkout goes live tomorrow at ten. Plan: https://wiki.example/checkout/plan",
  );
  at("2026-11-19T17:52:00Z");
  await chat(carol, "send", "#ops", "I have the feature flag ready, off for everybody.");

  at("2026-11-20T09:12:00Z");
  const green = await chat(bob, "send", "#ops", "Deploy is green.");
  const who = await chat(carol, "reply", green, "Nice. Who turns the flag on?");
  await chat(dave, "vote", green, "up");
  await chat(alice, "vote", green, "up");
  await chat(alice, "react", who, "👀");
  at("2026-11-20T09:15:00Z");
  await chat(alice, "send", "#ops", "I can. The dashboards are quiet so far.");
  at("2026-11-20T09:19:00Z");
  await chat(
    dave,
    "send",
    "#ops",
    "Then this is all it takes:\n```sh\nflags set checkout-v2 --on --percent 10\n```",
  );
  await chat(alice, "react", await newest(alice, "#ops"), "👍");
  for (const each of [bob, carol, erin]) await each.ok(["read", "#ops"], { env });
  await chat(bob, "react", await newest(bob, "#ops"), "👍");
  await alice.ok(["read", "#ops"], { env });
  await alice.ok(["read", "carol"], { env });
  const terminal = await opened(alice);
  await go(terminal, "#ops");
  await left(terminal);

  for (const song of ["Anything slow for a Friday?", "Blue in Green", "Naima", "and Spiegel im Spiegel"]) {
    await chat(dave, "send", "#music", song);
  }
  at("2026-11-20T09:28:00Z");
  await chat(bob, "send", "alice", "Do you have the printouts?");
  await chat(bob, "send", "alice", "Never mind, carol has them.");
  at("2026-11-20T09:31:00Z");
  await chat(dave, "send", "#ops", "At ten, then. @alice will you keep an eye on the graphs?");
  await chat(erin, "send", "#ops", "Support knows. Rolling back takes a minute if need be.");
}

async function newest(by: Person, where: string): Promise<string> {
  return String((await by.json(["read", where, "-n", "1"], { env }))[0]?.["id"]);
}

/** A newcomer, up to a password. */
async function firstRun(): Promise<void> {
  const nora = await newcomer("nora", relay.url);
  const terminal = await started(nora, 80, 24, { CHAT_RELAY: "" });
  await terminal.shows("Welcome to Sotto");
  await picture(terminal, "first-run", "The first run");
  terminal.type(`${DOWN}${ENTER}`);
  await terminal.shows("The address of your relay");
  terminal.type(`${relay.url}${ENTER}`);
  await terminal.shows("Your name");
  terminal.type("nora");
  await terminal.shows(/✓ .*name/);
  terminal.type(ENTER);
  await terminal.shows("Password");
  terminal.type("correct horse battery");
  await terminal.shows("good");
  await picture(terminal, "password", "The first run: a name, and now a password");
  await left(terminal);
  await nora.leave();
}

async function show({ alice, bob, erin }: People): Promise<void> {
  const terminal = await opened(alice);
  await terminal.shows("── new");
  const bobs = await opened(bob);
  const erins = await opened(erin);
  await go(erins, "#ops");
  await terminal.shows("●bob");
  terminal.type("on it, give me five minutes");
  await terminal.shows("five minutes");
  erins.type("thanks");
  await terminal.shows("erin is typing");
  await picture(terminal, "main", "A group: a reply, votes, reactions, code, a mention, and what is new");
  terminal.type(alt("p"));
  await terminal.shows("4 people");
  await picture(terminal, "people", "Everybody on the relay");
  await back(terminal);
  terminal.type(CTRL_P);
  await terminal.shows("Go to");
  terminal.type("mu");
  await terminal.shows("› mu");
  await picture(terminal, "palette", "The palette: any conversation and any command, by a few letters");
  await back(terminal);
  terminal.type(CTRL_F);
  await terminal.shows("Type a word");
  terminal.type("check*");
  await terminal.shows("newest first");
  await picture(terminal, "search", "Search over every conversation");
  await back(terminal);
  await go(terminal, "bob");
  terminal.type(alt("i"));
  await terminal.shows("sees the same digits");
  await picture(terminal, "safety-number", "A safety number, as digits and as a QR code");
  await back(terminal);
  await go(terminal, "#ops");
  terminal.type(alt("i"));
  await terminal.shows("Members");
  await picture(terminal, "details", "A group, who is in it, and what happened");
  await back(terminal);
  terminal.resize(60, 16);
  await terminal.shows("five minutes");
  await picture(terminal, "narrow", "60 columns and 16 rows");
  terminal.resize(96, 30);
  terminal.type(alt(","));
  await terminal.shows("Theme");
  terminal.type(ENTER);
  await picture(terminal, "settings", "Settings", light);
  await back(terminal);
  await picture(terminal, "light", "The light theme", light);
  await left(terminal);
  await left(bobs);
  await left(erins);
}

async function started(
  by: Person,
  columns: number,
  rows: number,
  more: Record<string, string> = {},
): Promise<VirtualTerminal> {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    env: by.environment({ ...env, ...more }),
    cwd: by.home,
    columns,
    rows,
  });
  terminals.push(terminal);
  return terminal;
}

async function opened(by: Person, columns = 96, rows = 30): Promise<VirtualTerminal> {
  const terminal = await started(by, columns, rows);
  await terminal.shows("● connected");
  return terminal;
}

async function go(terminal: VirtualTerminal, name: string): Promise<void> {
  terminal.type(CTRL_P);
  await terminal.shows("Go to");
  terminal.type(name);
  await terminal.shows(`› ${name}`);
  terminal.type(ENTER);
  await terminal.until(() => !terminal.screen().includes("Go to"), "it went there");
}

/** From a screen to the conversation. */
async function back(terminal: VirtualTerminal): Promise<void> {
  terminal.type(ESC);
  await terminal.shows(/ › (?!Somebody)(Message|on it)/);
}

async function left(terminal: VirtualTerminal): Promise<void> {
  terminal.type(CTRL_Q);
  await terminal.exited;
}

/** When nothing has changed on the screen for a while. */
async function picture(
  terminal: VirtualTerminal,
  name: string,
  title: string,
  palette: Palette = dark,
): Promise<void> {
  for (let before = ""; before !== terminal.screen(); await sleep(250)) before = terminal.screen();
  const cursor = terminal.isCursorShown ? terminal.cursor : undefined;
  writeFileSync(join(FOLDER, `${name}.svg`), svgOf({ title, cells: terminal.cells(), cursor, palette }));
}
