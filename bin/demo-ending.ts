const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs `work` and then, however it ended and in reverse order, everything that was given to `undo`. The first signal
 * aborts, and gives the exit status; a second one ends the process at once.
 */
export async function inOrder(
  work: (ending: {
    readonly signal: AbortSignal;
    undo(step: () => unknown): void;
    /** Settles with `waiting`, or rejects when a signal comes first. */
    orEnd<T>(waiting: Promise<T>): Promise<T>;
  }) => Promise<number>,
): Promise<number> {
  const steps: (() => unknown)[] = [];
  const abort = new AbortController();
  let status: number | undefined;
  const handlers = Object.entries(signals).map(([name, code]) => {
    const handler = (): void => {
      if (abort.signal.aborted) process.exit(code);
      status = code;
      abort.abort();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  const ended = new Promise<never>((_, reject) => {
    abort.signal.addEventListener("abort", () => reject(new Error("ended by a signal")), { once: true });
  });
  ended.catch(() => undefined);
  const ending = {
    signal: abort.signal,
    undo: (step: () => unknown) => void steps.push(step),
    orEnd: <T>(waiting: Promise<T>): Promise<T> => Promise.race([waiting, ended]),
  };
  try {
    return await work(ending);
  } catch (error) {
    if (status === undefined) throw error;
    return status;
  } finally {
    abort.abort();
    for (const step of steps.reverse()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`chat: could not clean up: ${error instanceof Error ? error.message : error}\n`);
      }
    }
    for (const forget of handlers) forget();
  }
}
