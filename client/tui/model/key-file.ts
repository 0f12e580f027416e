import { type CommandName, commandNames, commands } from "./command.ts";
import type { KeyName } from "./event.ts";
import { type Bindings, contextsOfCommand } from "./keymap.ts";

export interface KeyFile {
  readonly bindings: Bindings;
  /** One sentence each, with the line. What is right in the file counts all the same. */
  readonly mistakes: readonly string[];
}

/** The way back from everywhere must not get lost. */
const FIXED = "esc";

const named: ReadonlySet<string> = new Set([
  ...["enter", "tab", "backspace", "space", "up", "down", "left", "right", "home", "end", "pageup"],
  ...["pagedown", "insert", "delete", "comma", "slash", "esc"],
  ...Array.from({ length: 12 }, (_, at) => `f${at + 1}`),
]);
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const order = ["ctrl", "alt", "shift"];

/**
 * A line for each command: `next unread = alt-a, f5`. Nothing after the `=`: no key. Lines that begin with `#` are
 * notes.
 */
export function readKeyFile(text: string): KeyFile {
  const bindings = new Map<CommandName, readonly KeyName[]>();
  const takenAt = new Map<string, number>();
  const mistakes: string[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    try {
      const { command, keys } = readLine(line);
      claim(takenAt, command, keys, at + 1);
      bindings.set(command, keys);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      mistakes.push(`Line ${at + 1} of the key file: ${error.message}`);
    }
  }
  return { bindings, mistakes };
}

class Mistake extends Error {}

function readLine(line: string): { command: CommandName; keys: KeyName[] } {
  const [, name, list] = /^([^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
  if (name === undefined || list === undefined)
    throw new Mistake("it is not `command = key, key`, as in `next unread = alt-a, f5`.");
  const command = commandNames.find((known) => known === name.toLowerCase());
  if (command === undefined) throw new Mistake(`there is no command “${name}”.${suggestion(name)}`);
  const keys = list === "" ? [] : list.split(",").map((key) => readKey(key.trim()));
  if (command !== "back" && keys.includes(FIXED)) throw new Mistake("Esc always steps back.");
  return { command, keys: command === "back" ? [...new Set([FIXED, ...keys])] : keys };
}

function readKey(written: string): KeyName {
  const parts = /^((?:(?:ctrl|alt|shift)-)*)(.+)$/isu.exec(written);
  const held = new Set((parts?.[1] ?? "").toLowerCase().split("-").filter(Boolean));
  const last = parts?.[2] ?? "";
  const isCharacter = [...graphemes.segment(last)].length === 1;
  const name = isCharacter ? last : last.toLowerCase();
  if (!isCharacter && !named.has(name))
    throw new Mistake(written === "" ? "a key is missing." : `there is no key “${written}”.`);
  if (held.size === 0) return { comma: ",", slash: "/" }[name] ?? name;
  // A terminal sends the shifted character instead of shift, and ctrl with small letters.
  if (isCharacter && held.delete("shift")) return withModifiers(held, name.toUpperCase());
  return withModifiers(held, held.has("ctrl") ? name.toLowerCase() : name);
}

function withModifiers(held: ReadonlySet<string>, name: string): KeyName {
  return [...order.filter((modifier) => held.has(modifier)), name].join("-");
}

/** Two lines that want one key in one place cannot both be right. */
function claim(
  takenAt: Map<string, number>,
  command: CommandName,
  keys: readonly KeyName[],
  line: number,
): void {
  const places = contextsOfCommand(command).flatMap((context) =>
    keys.map((key) => ({ key, at: `${context} ${key}` })),
  );
  for (const { key, at } of places) {
    const other = takenAt.get(at);
    if (other !== undefined && other !== line)
      throw new Mistake(`“${key}” belongs to another command already, on line ${other}.`);
  }
  for (const { at } of places) takenAt.set(at, line);
}

/** The command that shares the most with it, if they are much alike. */
function suggestion(name: string): string {
  const wanted = pairs(name.toLowerCase());
  const scored = commandNames
    .flatMap((known) =>
      [known, commands[known].label].map((text) => ({ known, score: likeness(wanted, text) })),
    )
    .sort((one, other) => other.score - one.score);
  const [best] = scored;
  return best !== undefined && best.score >= 0.5 ? ` Is it “${best.known}”?` : "";
}

function likeness(wanted: readonly string[], text: string): number {
  const found = pairs(text.toLowerCase());
  const shared = wanted.filter((pair) => found.includes(pair)).length;
  return (2 * shared) / (wanted.length + found.length || 1);
}

function pairs(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));
}
