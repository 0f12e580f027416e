import { closeSync, existsSync, openSync, statSync, utimesSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { everySeconds } from "../beat.ts";
import { StoreError } from "./store-error.ts";

/** Held by one process at a time, for as long as it lives and does not release it. */
export interface Lock {
  /** Shows the others that the holder is not suspended. */
  touch(): void;
  release(): void;
}

/**
 * An exclusive transaction on a side file, which stays empty: the kernel releases it when the process dies, however
 * it dies. Undefined: another has it. It only saves work: nothing goes wrong when two believe that they hold it.
 */
export function tryLock(path: string): Lock | undefined {
  let file: Sqlite.Database | undefined;
  try {
    // Only when there is none: to close any descriptor of a file releases all locks this process has on it.
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    file = new Sqlite(path, { timeout: 0 });
    file.exec("begin exclusive");
    touch(path);
  } catch (error) {
    file?.close();
    const failure = StoreError.from(error);
    if (failure.code === "busy") return undefined;
    throw failure;
  }
  const held = file;
  return { touch: () => touch(path), release: () => held.close() };
}

/**
 * The same, and also when its holder has not touched it for so long that it must be suspended. The lock is then the
 * taker's by convention only, until the old holder wakes up and releases it.
 */
export function takeLock(path: string, suspendedAfterMs: number): Lock | undefined {
  const lock = tryLock(path);
  if (lock !== undefined || lockAge(path) < suspendedAfterMs) return lock;
  touch(path);
  return { touch: () => touch(path), release: () => undefined };
}

/** Works under a lock that was taken, shows every so often that its holder is not suspended, and releases it. */
export async function holding(
  lock: Lock,
  touchEverySeconds: number,
  work: () => Promise<void>,
): Promise<void> {
  const stopTouching = everySeconds(touchEverySeconds, () => lock.touch());
  try {
    await work();
  } finally {
    stopTouching();
    lock.release();
  }
}

function touch(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}

/** Milliseconds since the holder last touched it. */
function lockAge(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
