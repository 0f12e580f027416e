import { destination, type Logger as PinoLogger, pino } from "pino";

/** Structured logs. Nothing that names a person, device or conversation goes in, nor a key, nor a word. */
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

/** JSON lines on stderr, written at once, so that the last words before an exit are not lost. */
export function createLogger(stream = destination({ fd: 2, sync: true })): Logger {
  stream.on("error", () => undefined); // nobody reads our stderr any more: go on without
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/**
 * What may be logged of an unforeseen error: what it is and where it came from, not its message, which may quote the
 * input.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, routine, table, constraint } = error as Error & Record<string, unknown>;
  const places = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return {
    error: error.name,
    code: plain(code),
    routine: plain(routine),
    table: plain(table),
    constraint: plain(constraint),
    at: places.slice(0, 8).map((line) => line.trim()),
    cause: error.cause === undefined ? undefined : describeError(error.cause),
  };
}

/** Codes and names from our own schema are words; anything else stays out. */
function plain(value: unknown): string | undefined {
  return typeof value === "string" && /^\w{1,64}$/.test(value) ? value : undefined;
}
