import type { ChatError } from "../core/chat-error.ts";
import { safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";

/** The error as the contract has it, or in words: a sentence and what to do next. No stack trace, unless asked for. */
export function reportError(output: Output, error: ChatError, debug: boolean): void {
  if (output.json) {
    const { code, message, hint = null, retryAfter } = error;
    output.errorObject({ type: "error", code, message, hint, retry_after: seconds(retryAfter) });
  } else {
    const [first = "", ...rest] = [error.message, error.hint].filter((part) => part !== undefined);
    output.warn(`${output.paintNote("red", "chat:")} ${safeText(first)}`);
    for (const part of [...rest, waitFor(error.retryAfter)]) {
      if (part !== undefined) output.warn(`      ${safeText(part)}`);
    }
  }
  if (debug) output.warn(describe(error));
}

/** Seconds, rounded up; null when waiting does not help. */
function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.ceil(milliseconds / 1_000);
}

function waitFor(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : `It may be tried again in ${seconds(milliseconds)} s.`;
}

/** The error and its causes with their stacks, each line safe. */
function describe(error: unknown): string {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    lines.push(...(cause.stack ?? cause.message).split("\n"));
  }
  return lines.map(safeText).join("\n");
}
