import { type Command, CommanderError } from "commander";
import { flagOf, type OptionName, optionNames, optionOf } from "./options.ts";
import { type Sources, usage } from "./settings.ts";

/** Gives the command these options of the relay, and `--config`. */
export function withOptions(
  command: Command,
  environment: Sources["environment"],
  wanted: readonly OptionName[] = optionNames,
): Command {
  for (const name of wanted) {
    const { takes, about, otherwise } = optionOf(name);
    if (takes === undefined) {
      command.option(flagOf(name), about);
      continue;
    }
    const fallback = typeof otherwise === "function" ? otherwise(environment) : otherwise;
    // Commander's own default could not be told from what somebody said.
    const shown = fallback === undefined ? about : `${about} (default: ${fallback})`;
    command.option(`${flagOf(name)} <${takes}>`, shown);
  }
  return command.option("--config <file>", "a file with lines of SOTTO_RELAY_OPTION=VALUE");
}

/** False: help was asked for and given. Throws StartupError `usage`. */
export function parseWith(command: Command, parameters: readonly string[]): boolean {
  command
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .exitOverride();
  try {
    command.parse(parameters, { from: "user" });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw usage(error.message.replace(/^error: /, ""));
  }
}
