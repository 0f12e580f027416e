import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { withOptions } from "../config/command.ts";
import { maskSentence } from "../config/mask.ts";
import type { Environment } from "../config/options.ts";
import { gatherSettings } from "../config/settings.ts";
import { relayPlaceOf } from "../config.ts";
import { StartupError } from "../startup-error.ts";
import type { Admin } from "./commands.ts";
import { adminOutput } from "./output.ts";

type Flags = Record<string, string | boolean>;

const MAX_USES = 1_000_000;
const units: Record<string, number> = { h: 3_600_000, d: 24 * 3_600_000 };

/** `chat relay admin`: what an operator does on the machine of a relay, whether it runs or not. Throws StartupError. */
export async function runAdmin(parameters: readonly string[], environment: Environment): Promise<void> {
  const program = describeAdmin(environment);
  try {
    await program.parseAsync(parameters, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const isBare = error.code === "commander.help";
    const sentence = isBare
      ? "A command is missing"
      : maskSentence(error.message.replace(/^error: |\.$/g, ""));
    throw new StartupError(
      "usage",
      `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
      "See `chat relay admin --help`.",
    );
  }
}

/** What `chat relay admin` takes, with its commands. */
export function describeAdmin(environment: Environment): Command {
  const common = (command: Command): Command =>
    withOptions(command, environment, ["data", "databaseUrl"]).option("--json", "one JSON object a line");
  const program = common(new Command("chat relay admin"))
    .description("What the operator of a relay does, on its machine, whether it runs or not.")
    .usage("COMMAND [options]")
    .helpCommand(false)
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .enablePositionalOptions()
    .exitOverride();

  const command = (name: string, description: string): Command =>
    common(program.command(name).description(description)).exitOverride();
  /** With what was said before and after the command's name; the latter counts. */
  const adminOf = (made: Command): Admin => {
    const flags = { ...program.opts<Flags>(), ...made.opts<Flags>() };
    const place = relayPlaceOf(gatherSettings({ flags, environment }));
    return { place, output: adminOutput(flags["json"] === true), now: Date.now() };
  };
  const load = () => import("./commands.ts");
  const named = () => new Argument("<NAME>", "the name of an account");

  const accounts = command("accounts", "list all accounts").action(async () =>
    (await load()).accounts(adminOf(accounts)),
  );
  const usage = command("usage", "say how much is stored, and by whom").action(async () =>
    (await load()).usage(adminOf(usage)),
  );
  const disable = command("disable", "let no device of an account in, from now on")
    .addArgument(named())
    .action(async (name: string) => (await load()).disable(adminOf(disable), name));
  const enable = command("enable", "let a disabled account in again")
    .addArgument(named())
    .action(async (name: string) => (await load()).enable(adminOf(enable), name));
  const remove = command("delete", "delete an account for good; what it sent to others stays theirs")
    .addArgument(named())
    .option("--free-name", "let somebody else register the name")
    .action(async (name: string, { freeName }: { freeName?: boolean }) =>
      (await load()).remove(adminOf(remove), name, freeName === true),
    );
  const invite = command(
    "invite",
    "make an invitation: its token goes with `chat register NAME --invite TOKEN`",
  )
    .addOption(new Option("--uses <number>", "how many accounts").argParser(usesOf).default(1))
    .addOption(new Option("--expires <time>", "for how long, such as 12h or 7d").argParser(lifetimeOf))
    .action(async ({ uses, expires }: { uses: number; expires?: number }) =>
      (await load()).invite(adminOf(invite), { uses, lifetime: expires }),
    );
  const invitations = command("invitations", "list the invitations that still let somebody in").action(
    async () => (await load()).invitations(adminOf(invitations)),
  );
  const withdraw = command("withdraw", "let nobody in by an invitation any more")
    .addArgument(new Argument("<ID>", "as in `invitations`"))
    .action(async (id: string) => (await load()).withdraw(adminOf(withdraw), id));
  const rotate = command(
    "rotate-keys",
    "sign access tokens with a new key; the relay need not be restarted",
  ).action(async () => (await load()).rotateKeys(adminOf(rotate)));
  const restored = command(
    "restored",
    "say that the database was put back from a backup; no relay may run",
  ).action(async () => (await load()).restored(adminOf(restored)));
  return program;
}

function usesOf(text: string): number {
  const uses = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (uses >= 1 && uses <= MAX_USES) return uses;
  throw new InvalidArgumentError(`It is a number from 1 to ${MAX_USES}.`);
}

function lifetimeOf(text: string): number {
  const [, number = "", unit = ""] = /^([1-9]\d{0,3})([hd])$/.exec(text) ?? [];
  if (number !== "") return Number(number) * (units[unit] ?? 0);
  throw new InvalidArgumentError("It is a number of hours or days, such as 12h or 7d.");
}
