// `chat demo`, which is `npm start`: at a terminal a first account and somebody to talk to; without one the same story,
// told as a transcript.
const usage = `Usage: chat demo [--transcript]

At a terminal: starts a relay on this machine, makes you an account, and opens the full-screen client with a
friend called echo in it.
Without one, or with --transcript: plays a first conversation between two people in a temporary folder, and shows what
the relay gets to see of it.
`;

export async function runDemo(parameters: readonly string[]): Promise<number> {
  const [first, ...more] = parameters;
  if (first === "--help" || first === "-h") {
    process.stdout.write(usage);
    return 0;
  }
  if (more.length > 0 || (first !== undefined && first !== "--transcript")) {
    process.stderr.write(`chat: Unknown option '${JSON.stringify(first).slice(1, -1)}'.\n\n${usage}`);
    return 64;
  }
  try {
    return await play(first !== undefined);
  } catch (error) {
    if (!(error instanceof Error && error.name === "StartupError" && "hint" in error)) throw error;
    process.stderr.write(`chat: ${error.message}\n      ${error.hint}\n`);
    return "exitStatus" in error && typeof error.exitStatus === "number" ? error.exitStatus : 70;
  }
}

async function play(isTranscriptAsked: boolean): Promise<number> {
  const isTerminal = [process.stdin, process.stdout, process.stderr].every((stream) => stream.isTTY);
  const isDumb = process.env["TERM"] === "dumb";
  if (isTerminal && !isDumb && !isTranscriptAsked) {
    const { liveDemo } = await import("./demo-live.ts");
    return liveDemo();
  }
  const { transcript } = await import("./demo-transcript.ts");
  return transcript();
}
