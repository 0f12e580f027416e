import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "../core/chat-error.ts";
import { safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

export interface Handing {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** A program that fails gets the same line again, until it succeeds. */
  readonly insists: boolean;
}

/** Runs `program` for one line. Whether that line is dealt with; it is not when the signal aborts before. */
export async function handToProgram(
  program: string,
  line: string,
  { output, signal, insists }: Handing,
): Promise<boolean> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
    const failure = await run(program, line);
    if (failure === undefined) return true;
    if (signal.aborted) return false;
    const next = insists ? ` It gets the same again in ${delay / 1_000} s.` : "";
    output.warn(safeText(`chat: ${program} ${failure}.${next}`));
    if (!insists) return true;
    await sleep(delay, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
  }
}

/** Without a shell and without parameters: what came from afar is never part of a command. How it failed, if it did. */
function run(program: string, line: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { stdio: ["pipe", "inherit", "inherit"] });
    child.on("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "ENOENT" ? "there is no such program" : (cause.code ?? cause.message);
      reject(
        new ChatError("usage", `${program} cannot be run: ${why}.`, {
          hint: "Name an executable file, as ./handler, or a program in PATH.",
          cause,
        }),
      );
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(code === null ? `was ended by ${signal}` : `ended with ${code}`);
    });
    // It need not read what it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${line}\n`);
  });
}
