import { ChatError } from "../core/chat-error.ts";
import { explainFailure } from "../core/explain-failure.ts";
import type { DescribeForeign } from "./complete.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Opening } from "./opening.ts";
import { Output } from "./print.ts";
import { type CommonOptions, type Foreign, runProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/** After Ctrl-C a command gets this long to end in order. */
const GRACE_MS = 1_500;

export interface Chat {
  readonly version: string;
  /** `chat relay` and `chat demo`, which the client does not know. */
  readonly relay: Foreign;
  readonly demo: Foreign;
  readonly describeForeign: DescribeForeign;
  /** `chat` alone; undefined where there is no terminal for it. */
  readonly tui: ((opening: Opening) => Promise<number>) | undefined;
}

/** Runs one `chat` command to its end and gives the exit status. Nothing is left to say or to write then. */
export async function runChat(parameters: readonly string[], chat: Chat): Promise<number> {
  // TLS to a relay that is named by its IP address makes Node complain to whoever runs the command.
  process.noDeprecation = true;
  const { env } = process;
  const debug = env["CHAT_DEBUG"] === "1";
  // Before the options are read there is already something to say; then they count.
  let output = new Output(guessOptions(parameters, env));
  const interruption = new AbortController();

  const fail = (error: unknown): number => {
    const failure = explainFailure(error);
    reportError(output, failure, debug);
    return exitCodes[failure.code];
  };
  const lastResort = (error: unknown): void => process.exit(fail(error));
  process.on("uncaughtException", lastResort);
  process.on("unhandledRejection", lastResort);
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new ChatError("interrupted", "Interrupted."));
    setTimeout(() => process.exit(exitCodes.interrupted), GRACE_MS).unref();
  };

  const context = (options: CommonOptions): Context => {
    process.on("SIGINT", interrupt);
    output = new Output({ ...outputOptions(options, env) });
    return {
      output,
      environment: env,
      profileName: options.profile ?? (env["CHAT_PROFILE"] || "default"),
      relay: options.relay ?? (env["CHAT_RELAY"] || undefined),
      signal: AbortSignal.any([interruption.signal, output.closed]),
      now: () => new Date(),
    };
  };
  try {
    const { tui } = chat;
    const status = await runProgram(parameters, {
      ...chat,
      context,
      output,
      tui: tui && (async (made) => tui((await import("./opening.ts")).openingOf(made))),
    });
    await output.flush();
    return status;
  } catch (error) {
    // Nobody reads the results any more: the command ended for that, and there is nobody to tell.
    if (output.closed.aborted && !interruption.signal.aborted) return output.flush().then(() => 0, fail);
    await output.flush().catch(() => undefined);
    return isQuietEnd(error) ? exitCodes.interrupted : fail(error);
  }
}

/** Who pressed Ctrl-C knows that he did. */
function isQuietEnd(error: unknown): boolean {
  return error instanceof ChatError && error.code === "interrupted" && error.hint === undefined;
}

function outputOptions(options: CommonOptions, env: NodeJS.ProcessEnv) {
  return {
    json: options.json === true,
    quiet: options.quiet === true,
    color: options.color !== false && !env["NO_COLOR"],
  };
}

/** For errors in the command line itself. */
function guessOptions(parameters: readonly string[], env: NodeJS.ProcessEnv) {
  const end = parameters.indexOf("--");
  const options = end === -1 ? parameters : parameters.slice(0, end);
  const has = (option: string): boolean => options.includes(option);
  return outputOptions({ json: has("--json"), quiet: has("--quiet"), color: !has("--no-color") }, env);
}
