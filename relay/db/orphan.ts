// What an earlier relay left behind on a data folder. The caller holds the folder's lock, so no relay owns it now.

import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { StartupError } from "../startup-error.ts";

const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

/** Stops the postmaster of a relay that died, if it is still there. Returns whether it was. */
export async function stopOrphan(data: string): Promise<boolean> {
  const pidFile = join(data, "postmaster.pid");
  const text = read(pidFile);
  if (text === undefined) return false;
  const pid = Number.parseInt(text, 10);
  if (!(pid > 1) || !isAlive(pid)) return false; // PostgreSQL itself clears up after a dead postmaster
  if (!isPostmasterOf(pid, data)) {
    // The number went to another process since, and PostgreSQL would refuse to start for its sake. It takes its own
    // parent's number for stale; the rest of the file it still needs, to find left-over shared memory.
    writeFileSync(pidFile, text.replace(/^\d+/, String(process.pid)));
    return false;
  }
  for (const [signal, patience] of [
    ["SIGINT", FAST_SHUTDOWN_MS],
    ["SIGQUIT", IMMEDIATE_SHUTDOWN_MS],
    ["SIGKILL", IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    kill(pid, signal);
    for (const end = Date.now() + patience; Date.now() < end; await pause(20)) {
      if (!isAlive(pid)) return true;
    }
  }
  throw new StartupError(
    "data_folder_in_use",
    `A PostgreSQL that an earlier relay left behind does not stop (process ${pid}).`,
    "End that process, then start the relay again.",
  );
}

function isPostmasterOf(pid: number, data: string): boolean {
  try {
    // A postmaster works in its data folder.
    if (process.platform === "linux") return readlinkSync(`/proc/${pid}/cwd`) === data;
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).includes(data);
  } catch {
    return isAlive(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return !isZombie(pid);
}

/** In a container without an init, a killed process whose parent is gone may never be reaped. */
function isZombie(pid: number): boolean {
  return process.platform === "linux" && /^State:\s+Z/m.test(read(`/proc/${pid}/status`) ?? "");
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself, or is not ours to end: the waiting finds out which.
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
