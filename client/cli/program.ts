import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ChatError } from "../core/chat-error.ts";
import { parseMoment } from "../core/parse-time.ts";
import { parseDuration } from "../duration.ts";
import { addAccount } from "./account-commands.ts";
import type { SendOptions } from "./commands/send.ts";
import type { TailOptions } from "./commands/tail.ts";
import type { DescribeForeign } from "./complete.ts";
import type { Context } from "./context.ts";
import { count } from "./count.ts";
import type { Commands } from "./describe.ts";
import { addGroups } from "./group-commands.ts";
import { addTrust } from "./people-commands.ts";
import type { Output } from "./print.ts";
import { addSignals } from "./signal-commands.ts";
import { addUpkeep } from "./upkeep-commands.ts";

/** What every command takes, before or after its name. */
export interface CommonOptions {
  readonly profile?: string;
  readonly relay?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

/** A command that is not the client's own: it reads its parameters itself. */
export type Foreign = (parameters: readonly string[]) => Promise<number>;

export interface Surroundings {
  readonly version: string;
  readonly relay: Foreign;
  readonly demo: Foreign;
  /** What they take, for shells that complete. */
  readonly describeForeign?: DescribeForeign | undefined;
  /** The full-screen client; undefined where there is no terminal for it. */
  readonly tui: ((context: Context) => Promise<number>) | undefined;
  /** Makes what a command works with, once the options are known. */
  readonly context: (options: CommonOptions) => Context;
  /** Where help goes. */
  readonly output: Output;
}

/** Reads the command line and runs the command. Throws ChatError `usage`, and whatever the command throws. */
export async function runProgram(parameters: readonly string[], surroundings: Surroundings): Promise<number> {
  let status = 0;
  const program = describeProgram(surroundings, (foreign) => {
    status = foreign;
  });
  try {
    const { tui, context } = surroundings;
    const options = tui && optionsAlone(program, parameters);
    if (options !== undefined && tui !== undefined) return await tui(context(options));
    await program.parseAsync(parameters, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(error);
  }
  return status;
}

/** The options, if nothing else was given. */
function optionsAlone(program: Command, parameters: readonly string[]): CommonOptions | undefined {
  const { operands, unknown } = program.parseOptions([...parameters]);
  return operands.length === 0 && unknown.length === 0 ? program.opts<CommonOptions>() : undefined;
}

/** The commands and what they take. */
export function describeProgram(surroundings: Surroundings, ended: (status: number) => void): Command {
  const { output } = surroundings;
  const program = common(new Command("chat"))
    .description("Sotto: end-to-end encrypted chat for people who live in a terminal, and for their scripts.")
    .usage("COMMAND [options]")
    .version(surroundings.version, "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help on a command")
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.warn(text.trimEnd()),
      outputError: () => undefined,
    })
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText("after", after);

  const command = (name: string, description: string): Command =>
    common(program.command(name).description(description)).exitOverride();
  /** Runs with what was said before and after the command's name; the latter counts. */
  const contextOf = (made: Command): Context => {
    const given = Object.entries(made.opts()).filter(([key]) => made.getOptionValueSource(key) === "cli");
    return surroundings.context({ ...program.opts<CommonOptions>(), ...Object.fromEntries(given) });
  };
  const foreign = (name: string, description: string, run: Foreign): void => {
    program
      .command(name)
      .description(description)
      .argument("[parameters...]")
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (given: string[]) => ended(await run(given)));
  };

  foreign("relay", "run a relay on this machine, or for others", surroundings.relay);

  const commands = { command, contextOf, common };
  addAccount(commands);
  addLists(commands);
  addSend(commands);
  addAnnotations(commands);
  addRead(commands);
  addTail(commands);
  addSignals(commands);
  addTrust(commands);
  addGroups(commands);
  addSearch(commands);
  addExport(commands);
  const { version, describeForeign } = surroundings;
  addUpkeep(commands, { version, describeForeign, ended });
  foreign("demo", "a relay, an account and a friend to try Sotto with", surroundings.demo);
  return program;
}

function addLists({ command, contextOf }: Commands): void {
  const people = command("people", "list everybody on the relay")
    .option("--watch", "then print each new person at once, until Ctrl-C")
    .action(async (options: { watch?: boolean }) => {
      const commands = await import("./commands/talking.ts");
      await commands.people(contextOf(people), options);
    });

  const list = command("list", "list your conversations, with what is unread").action(async () => {
    const commands = await import("./commands/offline.ts");
    await commands.list(contextOf(list));
  });
}

function addSend({ command, contextOf }: Commands): void {
  const send = command("send", "send a message: the text given, or standard input")
    .addArgument(new Argument("<TO>", "a name, with or without @, or `me`"))
    .addArgument(new Argument("[TEXT...]", "the words of the message"))
    .option("--key <key>", "send only once, however often this is run with the same key")
    .option("--reply <id>", "answer this message: its id, or how that begins")
    .addOption(
      new Option("--expire <duration>", "let it disappear everywhere after that time").argParser(duration),
    )
    .addOption(
      new Option("--wait <state>", "until the relay has it, or those it is for have received or read it")
        .choices(["sent", "delivered", "read"])
        .default("sent"),
    )
    .addOption(
      new Option("--timeout <duration>", "how long to wait").argParser(duration).default(30_000, "30s"),
    )
    .addOption(
      new Option("--quorum <number>", "with --wait delivered or read: how many of them")
        .argParser(quorum)
        .default("all"),
    )
    .action(async (to: string, words: string[], options: SendOptions) => {
      const commands = await import("./commands/talking.ts");
      await commands.send(contextOf(send), to, words, options);
    });
}

function addAnnotations({ command, contextOf }: Commands): void {
  const id = () => new Argument("<ID>", "the id of the message, or its first digits, four or more");
  const load = () => import("./commands/talking.ts");

  const reply = command("reply", "answer a message")
    .addArgument(id())
    .addArgument(new Argument("[TEXT...]", "the words of the answer, or standard input"))
    .option("--key <key>", "send only once, however often this is run with the same key")
    .addOption(
      new Option("--timeout <duration>", "how long to wait").argParser(duration).default(30_000, "30s"),
    )
    .action(async (to: string, words: string[], options: { key?: string; timeout: number }) => {
      const { send } = await load();
      const rest = { ...options, reply: to, wait: "sent", quorum: "all" } as const;
      await send(contextOf(reply), undefined, words, rest);
    });

  const edit = command("edit", "give a message of yours another text")
    .addArgument(id())
    .addArgument(new Argument("[TEXT...]", "the new words, or standard input"))
    .action(async (to: string, words: string[]) => (await load()).edit(contextOf(edit), to, words));

  const deletion = command("delete", "take a message back")
    .addArgument(id())
    .action(async (to: string) => (await load()).deleteIt(contextOf(deletion), to));

  const react = command("react", "put an emoji on a message")
    .addArgument(id())
    .addArgument(new Argument("<EMOJI>", "one emoji"))
    .option("--remove", "take it back")
    .action(async (to: string, emoji: string, { remove }: { remove?: boolean }) =>
      (await load()).react(contextOf(react), to, emoji, remove === true),
    );

  const vote = command("vote", "vote on a message, or take the vote back")
    .addArgument(id())
    .addArgument(new Argument("<VALUE>", "your vote").choices(["up", "down", "none"]))
    .action(async (to: string, value: "up" | "down" | "none") =>
      (await load()).vote(contextOf(vote), to, value),
    );

  const pin = command("pin", "pin a message for everybody in its conversation")
    .addArgument(id())
    .action(async (to: string) => (await load()).pin(contextOf(pin), to, true));

  const unpin = command("unpin", "let a message go that was pinned")
    .addArgument(id())
    .action(async (to: string) => (await load()).pin(contextOf(unpin), to, false));
}

function addRead({ command, contextOf }: Commands): void {
  const read = command("read", "send what is queued, fetch what is new, and print the newest messages")
    .addArgument(new Argument("[TO]", "a name; without it, all conversations"))
    .addOption(new Option("-n <number>", "how many").argParser(count).default(10))
    .option("--before <id>", "only what is older than this message")
    .addOption(
      new Option("--since <time>", "only what is newer: 2026-11-20, 2026-11-20T09:00, or 2h").argParser(
        since,
      ),
    )
    .option("--unread", "only what is unread")
    .option("--offline", "do not ask the relay")
    .action(async (from: string | undefined, given: ReadFlags) => {
      const commands = await import("./commands/talking.ts");
      await commands.read(contextOf(read), from, {
        limit: given.n,
        unread: given.unread === true,
        offline: given.offline === true,
        ...(given.before === undefined ? {} : { before: given.before }),
        ...(given.since === undefined ? {} : { since: given.since }),
      });
    });
}

interface ReadFlags {
  n: number;
  before?: string;
  since?: number;
  unread?: boolean;
  offline?: boolean;
}

function addTail({ command, contextOf }: Commands): void {
  const tail = command("tail", "print messages as they come, from now on")
    .addArgument(new Argument("[TO...]", "names; without any, all conversations"))
    .option("--consumer <name>", "go on where this consumer came to, and remember where it comes to")
    .addOption(
      new Option("--ack <how>", "a consumer has dealt with what is written, or what it acknowledges on stdin")
        .choices(["auto", "manual"])
        .default("auto"),
    )
    .option("--exec <program>", "run this program for each, with its JSON on standard input")
    .option("--typing", "print who begins to type, too")
    .action(async (from: string[], options: TailOptions) => {
      const commands = await import("./commands/talking.ts");
      await commands.tail(contextOf(tail), from, options);
    });
}

function addSearch({ command, contextOf }: Commands): void {
  const search = command("search", "search what is in this profile, newest first; asks nobody")
    .addArgument(
      new Argument(
        "<QUERY...>",
        'words; also pref*, "a phrase", from:alice in:ops before:2026-11-20 after:2d',
      ),
    )
    .addOption(new Option("-n <number>", "how many").argParser(count).default(20))
    .option("--from <name>", "only what this person wrote; `me` for yourself")
    .option("--in <name>", "only this conversation")
    .option("--before <time>", "only what is older: 2026-11-20, 2026-11-20T09:00, or 2h")
    .option("--after <time>", "only what is newer")
    .action(async (words: string[], { n, from, in: within, before, after }: SearchFlags) => {
      const commands = await import("./commands/offline.ts");
      const filters = {
        ...(from === undefined ? {} : { from }),
        ...(within === undefined ? {} : { in: within }),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      };
      await commands.search(contextOf(search), words, { limit: n, filters });
    });
}

interface SearchFlags {
  n: number;
  from?: string;
  in?: string;
  before?: string;
  after?: string;
}

function addExport({ command, contextOf }: Commands): void {
  const made = command("export", "print every message of this profile, oldest first; asks nobody")
    .addArgument(new Argument("[NAME]", "only this conversation"))
    .addOption(new Option("--format <format>", "as what").choices(["jsonl", "markdown"]).default("jsonl"))
    .option("--output <path>", "write to this new file instead of standard output")
    .action(async (name: string | undefined, options: { format: "jsonl" | "markdown"; output?: string }) => {
      const commands = await import("./commands/offline.ts");
      await commands.exportHistory(contextOf(made), name, options);
    });
}

function common(command: Command): Command {
  return command
    .option("--profile <name>", "use this profile (CHAT_PROFILE)")
    .option("--relay <url>", "use the relay at this address (CHAT_RELAY)")
    .option("--json", "print one JSON object a line")
    .option("--quiet", "print nothing but what was asked for")
    .option("--no-color", "print without colours (NO_COLOR)");
}

const after = `
Start here:
  chat                          everything on one screen
  chat demo                     everything at once, on this machine
  chat register NAME            then: chat people, chat send NAME TEXT, chat read, chat tail
`;

function quorum(text: string): number | "all" {
  return text === "all" ? text : count(text);
}

function duration(text: string): number {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError("Write it as 30s, 500ms, 5m or 1h.");
}

function since(text: string): number {
  const parsed = parseMoment(text, Date.now());
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError("Write it as 2026-11-20, 2026-11-20T09:00, or 2h for two hours ago.");
}

/** Commander's sentence, split from its suggestion. */
function usage({ message, code }: CommanderError): ChatError {
  if (code === "commander.help") {
    return new ChatError("usage", "Which command?", {
      hint: "`chat help` lists the commands; `chat demo` shows everything.",
    });
  }
  const [, sentence = message, suggestion] = /^error: (.*?)\s*(?:\n\((.*)\))?$/s.exec(message) ?? [];
  const whole = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`.replace(/\.?$/, ".");
  return new ChatError("usage", whole, {
    hint: [suggestion, "`chat help` lists the commands, `chat help COMMAND` what they take."]
      .filter((part) => part !== undefined)
      .join(" "),
  });
}
