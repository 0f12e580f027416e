import { pino } from "pino";
import type { Logger } from "../../relay/logger.ts";

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A log that is kept; `lines` is what it says so far. */
export function keptLog(): { log: Logger; lines: () => string } {
  let lines = "";
  const write = (line: string): void => {
    lines += line;
  };
  return { log: pino({ base: null }, { write }), lines: () => lines };
}
