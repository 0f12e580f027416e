import type { Argument, Command, Option } from "commander";

/** What may stand at the cursor. */
interface Candidate {
  readonly word: string;
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** A path is wanted: shells know those better. */
  readonly files: boolean;
}

/** What only this machine knows; asked for when it is needed. */
export interface LiveNames {
  people(): Promise<readonly string[]>;
  groups(): Promise<readonly string[]>;
  profiles(): Promise<readonly string[]>;
}

const nothing: Completion = { candidates: [], files: false };

/** A command that the client does not know: what it takes, and which of the words behind its name are its own. */
export type DescribeForeign = (
  name: string,
  words: readonly string[],
) => Promise<{ readonly command: Command; readonly words: readonly string[] } | undefined>;

/** What could go on from `words`, those after `chat` up to the cursor; the last one is begun or empty. */
export async function complete(
  program: Command,
  words: readonly string[],
  live: LiveNames,
  describeForeign?: DescribeForeign,
): Promise<Completion> {
  const [name = "", ...theirs] = joined(words);
  if (theirs.length > 0 && program.commands.some((each) => each.name() === name && isForeign(each))) {
    const foreign = await describeForeign?.(name, theirs);
    return foreign === undefined ? nothing : complete(foreign.command, foreign.words, live);
  }
  const { command, before, begun, option } = read(program, joined(words));
  const found = await (option === undefined
    ? atPlace(program, command, before, begun, live)
    : valueFor(option, live));
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(begun)) };
}

/** Bash takes `@` and `=` for words of their own. */
function joined(words: readonly string[]): string[] {
  const parts: string[] = [];
  for (const word of words) {
    const last = parts.at(-1);
    if (last === "@") parts[parts.length - 1] = word;
    else if (last === "=" || (word === "=" && last?.startsWith("--"))) {
      if (last === "=") parts[parts.length - 1] = word;
      else parts.push(word);
    } else parts.push(word.startsWith("@") && word !== "@" ? word.slice(1) : word);
  }
  if (parts.at(-1) === "@" || parts.at(-1) === "=") parts[parts.length - 1] = "";
  return parts;
}

/** It reads its parameters itself. */
function isForeign(command: Command): boolean {
  return command.registeredArguments[0]?.name() === "parameters";
}

interface Place {
  readonly command: Command;
  /** The operands before the cursor. */
  readonly before: readonly string[];
  readonly begun: string;
  /** Whose value is wanted. */
  readonly option: Option | undefined;
}

function read(program: Command, words: readonly string[]): Place {
  const begun = words.at(-1) ?? "";
  let command = program;
  let option: Option | undefined;
  let before: string[] = [];
  let isOver = false;
  for (const word of words.slice(0, -1)) {
    if (option !== undefined) option = undefined;
    else if (word === "--") isOver = true;
    else if (word.startsWith("-") && !isOver) {
      const known = optionsOf(program, command).find((each) => each.long === word || each.short === word);
      option = known !== undefined && (known.required || known.optional) ? known : undefined;
    } else {
      const next = before.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (next === undefined) before.push(word);
      else [command, before] = [next, []];
    }
  }
  return { command, before, begun, option };
}

function optionsOf(program: Command, command: Command): readonly Option[] {
  const own = command.options;
  return command === program ? own : [...own, ...program.options.filter(({ long }) => !has(own, long))];
}

function has(options: readonly Option[], long: string | undefined): boolean {
  return options.some((option) => option.long === long);
}

async function atPlace(
  program: Command,
  command: Command,
  before: readonly string[],
  begun: string,
  live: LiveNames,
): Promise<Completion> {
  if (begun.startsWith("-")) {
    const options = optionsOf(program, command).filter(({ long, hidden }) => long && !hidden);
    return only(options.map(({ long = "", description }) => ({ word: long, about: description })));
  }
  if (command.commands.length > 0 && before.length === 0) {
    return only(command.commands.map((each) => ({ word: each.name(), about: each.description() })));
  }
  const { registeredArguments: places } = command;
  const argument = places[before.length] ?? (places.at(-1)?.variadic ? places.at(-1) : undefined);
  return argument === undefined ? nothing : valueAt(command, argument, live);
}

async function valueAt(command: Command, argument: Argument, live: LiveNames): Promise<Completion> {
  const { argChoices } = argument;
  if (argChoices !== undefined) return only(argChoices.map((word) => ({ word, about: "" })));
  const isOfGroup = command.parent?.name() === "group";
  switch (argument.name().toLowerCase()) {
    case "to":
      return everybody(live);
    case "member":
      return only(named(await live.people(), "person"));
    case "name":
      if (isOfGroup) return only(named(await live.groups(), "group"));
      return takesKnownNames.has(command.name()) ? everybody(live) : nothing;
    case "shell":
      return only(shells.map((word) => ({ word, about: "" })));
    default:
      return nothing;
  }
}

/** Of a NAME that is not new. */
const takesKnownNames: ReadonlySet<string> = new Set([
  ...["accept", "block", "unblock", "verify", "mute", "export"],
]);

export const shells = ["bash", "zsh", "fish"] as const;

async function everybody(live: LiveNames): Promise<Completion> {
  const [people, groups] = [await live.people(), await live.groups()];
  return only([
    ...named(people, "person"),
    ...named(groups, "group or room"),
    { word: "me", about: "notes to yourself" },
  ]);
}

async function valueFor({ argChoices, flags, long }: Option, live: LiveNames): Promise<Completion> {
  const [, words] = /<(\w+(?:\|\w+)+)>$/.exec(flags) ?? [];
  const choices = argChoices ?? words?.split("|");
  if (choices !== undefined) return only(choices.map((word) => ({ word, about: "" })));
  if (long === "--profile") return only(named(await live.profiles(), "profile"));
  if (long === "--from") return only(named(await live.people(), "person"));
  if (long === "--in") return everybody(live);
  const isPath = /^--(?:exec|output|.*-file)$/.test(long ?? "") || /<(?:file|dir)>$/.test(flags);
  return { candidates: [], files: isPath };
}

function only(candidates: readonly Candidate[]): Completion {
  return { candidates, files: false };
}

function named(names: readonly string[], about: string): Candidate[] {
  return names.map((word) => ({ word, about }));
}
