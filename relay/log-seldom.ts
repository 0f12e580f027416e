import type { Logger } from "./logger.ts";

const EVERY_MS = 1_000;

/**
 * For what happens to everybody at once, as when the database goes away: a line a second at most, with how often it
 * happened since the line before.
 */
export class SeldomLog {
  readonly #log: Logger;
  #last = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `describe` is asked only for what is written. */
  warn(describe: () => Record<string, unknown>, message: string): void {
    this.#say("warn", describe, message);
  }

  error(describe: () => Record<string, unknown>, message: string): void {
    this.#say("error", describe, message);
  }

  #say(level: "warn" | "error", describe: () => Record<string, unknown>, message: string): void {
    this.#unsaid += 1;
    const now = performance.now();
    if (now - this.#last < EVERY_MS) return;
    this.#log[level]({ ...describe(), times: this.#unsaid }, message);
    this.#last = now;
    this.#unsaid = 0;
  }
}
