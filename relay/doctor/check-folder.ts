import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { unwritable } from "../data-folder.ts";
import { bad, type Check, failed, good } from "./check.ts";

/** With less, the relay's own small files may not be stored. */
const NO_SPACE_MIB = 64;
/** The write-ahead log of the embedded PostgreSQL alone may take a GiB. */
const LITTLE_SPACE_MIB = 2_048;
const privateFiles = ["secrets.json", "self-signed.pem", "mark.json", join("postgres", "password")];

/** Whether the relay's data folder can be written, by the relay only, and has room. */
export function checkFolder(folder: string, holdsDatabase: boolean): Check {
  try {
    if (!existsSync(folder)) return checkMissing(folder);
    tryWriting(folder);
    const open = process.platform === "win32" ? undefined : openToOthers(folder);
    if (open !== undefined) {
      const [path, mode] = open;
      const detail = `others on this machine can read ${path}`;
      return bad("folder", "not_allowed", detail, `Run \`chmod ${mode} ${path}\`.`);
    }
    const { bavail, bsize } = statfsSync(folder);
    return checkSpace(folder, Math.floor((bavail * bsize) / 1024 / 1024), holdsDatabase);
  } catch (error) {
    return failed("folder", error);
  }
}

export function checkSpace(folder: string, free: number, holdsDatabase: boolean): Check {
  const detail = `${free} MiB are free on the disk of ${folder}`;
  const hint = "Free some space on that disk, or shorten --retention.";
  if (free < NO_SPACE_MIB) return bad("folder", "data_folder_unwritable", detail, hint);
  if (holdsDatabase && free < LITTLE_SPACE_MIB) return bad("folder", null, detail, hint);
  return good("folder", `${folder} can be written, ${free} MiB are free`);
}

function checkMissing(folder: string): Check {
  let above = dirname(folder);
  while (!existsSync(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  return good("folder", `${folder} is made at the first start`);
}

function tryWriting(folder: string): void {
  const path = join(folder, `doctor.${process.pid}.tmp`);
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, new Uint8Array(16 * 1024));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw unwritable(folder, cause);
  } finally {
    rmSync(path, { force: true });
  }
}

/** What others can read or write, and the rights that it should have; others may pass through the folder. */
function openToOthers(folder: string): readonly [path: string, mode: string] | undefined {
  if ((statSync(folder).mode & 0o066) !== 0) return [folder, "go-rw"];
  for (const name of privateFiles) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found !== undefined && (found.mode & 0o077) !== 0) return [join(folder, name), "600"];
  }
  return undefined;
}
