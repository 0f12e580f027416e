import type { ChatError } from "../core/chat-error.ts";
import { securityStop } from "../core/security.ts";
import { safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";

/** One thing that a sync noticed, as the use cases keep it. */
export interface Finding {
  readonly gravity: "stop" | "note";
  readonly text: string;
}

/** Says what is worth knowing. The first alarm comes back as the error to end with; all others are said here. */
export function reportFindings(output: Output, findings: readonly Finding[]): ChatError | undefined {
  const [first, ...others] = findings.filter(({ gravity }) => gravity === "stop");
  for (const { text } of findings.filter(({ gravity }) => gravity === "note")) {
    output.note(output.paintNote("yellow", safeText(text)));
  }
  for (const { text } of others) {
    if (output.json) output.errorObject(alarmObject(text));
    else output.warn(output.paintNote("red", safeText(text)));
  }
  return first && securityStop(first.text);
}

function alarmObject(message: string): object {
  const { code, hint } = securityStop(message);
  return { type: "error", code, message, hint, retry_after: null };
}
