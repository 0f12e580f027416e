import { safeText } from "../../safe-text.ts";
import type { Entry, EventEntry } from "../model/data.ts";

/** Above it is what is not in the log yet, which stays last. */
const UNSENT = 2 ** 52;

export interface Found {
  /** Its number: newer ones have greater ones. */
  readonly event: number;
  readonly at: number;
  readonly gravity: "stop" | "note";
  readonly text: string;
}

/** Findings as lines of a conversation, each after what was said before it, by the clock. They must be in order. */
export function findingEntries(findings: readonly Found[], entries: readonly Entry[]): EventEntry[] {
  const said = entries.filter(({ position }) => position < UNSENT);
  return findings.map(({ event, at, text, gravity }, index) => {
    const before = said.findLast((entry) => timeOf(entry) <= at);
    // Between two numbers of the log, in the order in which they were found.
    const position = (before?.position ?? (said[0]?.position ?? 1) - 1) + (index + 1) / (findings.length + 1);
    return {
      kind: "event",
      key: `finding/${event}`,
      at,
      text: safeText(text.replace(/\.$/, "")),
      gravity: gravity === "stop" ? "alarm" : "note",
      position,
    };
  });
}

export function timeOf(entry: Entry): number {
  return entry.kind === "message" ? entry.sentAt : entry.at;
}
