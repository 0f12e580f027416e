import type { ChatError } from "../core/chat-error.ts";
import { findingsSince, newestFinding, securityStop } from "../core/people/security.ts";
import type { Profile } from "../core/profile.ts";
import { safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";

/** One thing that was noticed, as the use cases keep it. */
interface Finding {
  readonly gravity: "stop" | "note";
  readonly text: string;
}

/** What is noticed from now on, by whichever process of the profile, each told once. */
export class Findings {
  readonly #profile: Profile;
  readonly #output: Output;
  #told: number;

  constructor(profile: Profile, output: Output) {
    this.#profile = profile;
    this.#output = output;
    this.#told = newestFinding(profile);
  }

  /** Says what is new. The first alarm comes back as the error to end with, unless `ending` says the same. */
  report(ending?: unknown): ChatError | undefined {
    const found = findingsSince(this.#profile, this.#told);
    this.#told = found.at(-1)?.event ?? this.#told;
    const said = ending instanceof Error ? ending.message : undefined;
    return reportFindings(
      this.#output,
      found.filter(({ text }) => text !== said),
    );
  }
}

/** Says what is worth knowing. The first alarm comes back as the error to end with; all others are said here. */
function reportFindings(output: Output, findings: readonly Finding[]): ChatError | undefined {
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
