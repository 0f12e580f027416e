import { constants } from "node:os";
import { everySeconds } from "../beat.ts";

/** All that ends a process and can be heard before. SIGINT is the command line's: it comes as an abort. */
const fatal = (
  [
    ...["SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR2", "SIGALRM", "SIGTERM"],
    ...["SIGSTKFLT", "SIGXCPU", "SIGVTALRM", "SIGIO", "SIGPWR", "SIGSYS"],
  ] as NodeJS.Signals[]
).filter((signal) => constants.signals[signal] !== undefined);

/** How often it is checked whether whoever started this is still there. */
const LOOK_EVERY_S = 1;

/** As a shell gives it for what a signal ended. */
function statusOf(signal: number): number {
  return 128 + signal;
}

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
  const stopLooking = everySeconds(LOOK_EVERY_S, () => {
    // A wrapper that was killed leaves its terminal to nobody, and the kernel says nothing.
    if (process.ppid !== parent) end(statusOf(constants.signals.SIGHUP));
    else tick();
  });
  const onFatal = (_: NodeJS.Signals, number: number) => end(statusOf(number));
  for (const signal of fatal) process.on(signal, onFatal);
  process.on("SIGTSTP", suspend).on("SIGCONT", resume).on("exit", lastly);
  return () => {
    stopLooking();
    for (const signal of fatal) process.off(signal, onFatal);
    process.off("SIGTSTP", suspend).off("SIGCONT", resume).off("exit", lastly);
  };
}

/**
 * Stops this process, or its whole group as Ctrl-Z does, though it listens to that signal. Where nobody could continue
 * it, the kernel does not stop it.
 */
export function stop(whom: "process" | "group", listener: () => void): void {
  process.off("SIGTSTP", listener);
  process.kill(whom === "group" ? 0 : process.pid, "SIGTSTP");
  process.on("SIGTSTP", listener);
}

/** While another program has the terminal, Ctrl-C there is that program's: the kernel tells the whole group. */
export async function withoutInterrupts<T>(work: () => Promise<T>): Promise<T> {
  const listeners = process.listeners("SIGINT");
  const ignore = () => undefined;
  process.removeAllListeners("SIGINT").on("SIGINT", ignore);
  try {
    return await work();
  } finally {
    process.off("SIGINT", ignore);
    for (const listener of listeners) process.on("SIGINT", listener);
  }
}
