import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ProfilePaths } from "../profile.ts";
import { bad, type Check, failed, good } from "./check.ts";

/** A message takes a few KiB, and the write-ahead log some MiB beside the database. */
const LITTLE_SPACE_BYTES = 64 * 1024 * 1024;

/** Whether the profile's folder can be written, by its owner only. */
export function* checkFolder({ folder }: ProfilePaths): Generator<Check> {
  if (!existsSync(folder)) return;
  try {
    tryWriting(join(folder, `doctor.${process.pid}.tmp`));
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const mebibytes = Math.floor(free / 1024 / 1024);
    if (free < LITTLE_SPACE_BYTES) {
      yield bad("folder", "cannot_write", `${mebibytes} MiB are free`, "Free some space on that disk.");
      return;
    }
    const open = statSync(folder).mode & 0o077;
    if (open !== 0 && process.platform !== "win32") {
      const detail = "others on this machine can look into it";
      yield bad("folder", "not_allowed", detail, `Run \`chmod -R go= ${folder}\`.`);
      return;
    }
    yield good("folder", `${folder} can be written, ${mebibytes} MiB are free`);
  } catch (error) {
    yield failed("folder", error);
  }
}

function tryWriting(path: string): void {
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, new Uint8Array(16 * 1024));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } finally {
    rmSync(path, { force: true });
  }
}
