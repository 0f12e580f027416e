// What `chat` does first: as little as possible, for most of a short command's time is spent on loading code.
import { version } from "../relay/version.ts";

const parameters = process.argv.slice(2);

async function main(): Promise<number> {
  if (parameters.length === 1 && parameters[0] === "--version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (parameters[0] === "relay") return relay(parameters.slice(1));
  const { runChat } = await import("../client/cli/run.ts");
  const { stdin: input, stdout: output, stderr: errors } = process;
  const hasScreen = input.isTTY && output.isTTY && process.env["TERM"] !== "dumb";
  return runChat(parameters, {
    version,
    relay,
    demo,
    describeForeign,
    tui: hasScreen ? (opening) => tui(opening, { input, output, errors }) : undefined,
  });
}

async function tui(...given: Parameters<typeof import("../client/tui/open.ts").openTui>): Promise<number> {
  const { openTui } = await import("../client/tui/open.ts");
  return openTui(...given);
}

async function relay(given: readonly string[]): Promise<number> {
  const { runRelay } = await import("../relay/main.ts");
  return runRelay(given);
}

async function describeForeign(name: string, words: readonly string[]) {
  if (name !== "relay") return undefined;
  const { describeRelay } = await import("../relay/describe.ts");
  return describeRelay(words, process.env);
}

async function demo(given: readonly string[]): Promise<number> {
  const { runDemo } = await import("./demo.ts");
  return runDemo(given);
}

// A handle that somebody forgot must not keep a finished command alive.
process.exit(await main());
