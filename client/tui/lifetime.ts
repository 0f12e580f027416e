/** Exit statuses as a shell gives them to what a signal ended. */
const endings = { SIGHUP: 129, SIGQUIT: 131, SIGTERM: 143 } as const;

/** How often it is checked whether whoever started this is still there. */
const LOOK_MS = 1_000;

export interface Lifetime {
  /** It is to end, with this status. */
  readonly end: (status: number) => void;
  /** The last that can be done: nothing asynchronous happens any more. */
  readonly lastly: () => void;
  /** Stopped from outside, as by Ctrl-Z. */
  readonly suspend: () => void;
  /** Going on after it was stopped, by whomever. */
  readonly resume: () => void;
  /** About once a second. */
  readonly tick: () => void;
}

/** Watches all that can happen to the process. Gives the way to stop that. */
export function watchLifetime({ end, lastly, suspend, resume, tick }: Lifetime): () => void {
  const parent = process.ppid;
  const look = setInterval(() => {
    // A wrapper that was killed leaves its terminal to nobody, and the kernel says nothing.
    if (process.ppid !== parent) end(endings.SIGHUP);
    else tick();
  }, LOOK_MS);
  const handlers = Object.entries(endings).map(
    ([signal, status]) => [signal as NodeJS.Signals, () => end(status)] as const,
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
  process.on("SIGTSTP", suspend).on("SIGCONT", resume).on("exit", lastly);
  // What else listens to these says the error, and that must not go to a screen that vanishes.
  process.prependListener("uncaughtException", lastly).prependListener("unhandledRejection", lastly);
  return () => {
    clearInterval(look);
    for (const [signal, handler] of handlers) process.off(signal, handler);
    process.off("SIGTSTP", suspend).off("SIGCONT", resume).off("exit", lastly);
    process.off("uncaughtException", lastly).off("unhandledRejection", lastly);
  };
}

/** Stops the process group as Ctrl-Z does. Where nobody could continue it, the kernel does not stop it. */
export function stopProcess(listener: () => void): void {
  process.off("SIGTSTP", listener);
  process.kill(0, "SIGTSTP");
  process.on("SIGTSTP", listener);
}
