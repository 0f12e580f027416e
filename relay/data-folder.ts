import { randomBytes } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { access, chown, constants, link, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { StartupError, systemCode } from "./startup-error.ts";

/** Makes the folder if need be and returns its real path. */
export async function prepareDataFolder(folder: string): Promise<string> {
  try {
    // As root, PostgreSQL runs as somebody else, who must get through to his own folder below this one.
    await makeFolder(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** With the folders above it. Not by Node's `recursive`, which never comes back where nothing can be made (/proc). */
async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (systemCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (systemCode(error) !== "ENOENT" || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path), mode);
    await mkdir(path, { mode });
  }
}

export function unwritable(path: string, cause: unknown): StartupError {
  const why: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    EEXIST: "it is not a folder",
    ENOTDIR: "it is not a folder",
    ENOENT: "nothing can be made there",
  };
  const reason = why[systemCode(cause) ?? ""] ?? "it does not work";
  return new StartupError(
    "data_folder_unwritable",
    `Cannot write to ${path}: ${reason}.`,
    "Choose another folder with --data DIR.",
    cause,
  );
}

/**
 * Takes the folder for this process until it dies in whatever way: an exclusive transaction on a side file is a lock
 * that the kernel releases. Returns what gives it back.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "relay.lock");
  let file: Sqlite.Database | undefined;
  try {
    file = new Sqlite(path, { timeout: 0 });
    chmodSync(path, 0o600);
    file.exec("begin exclusive");
  } catch (cause) {
    file?.close();
    if (!systemCode(cause)?.startsWith("SQLITE_BUSY")) throw unwritable(folder, cause);
    throw new StartupError(
      "data_folder_in_use",
      `Another relay is running on ${folder}.`,
      "Stop it first, or choose another folder with --data DIR.",
    );
  }
  const held = file;
  return () => held.close();
}

/** Writes a secret file whole or not at all, readable by us alone. Returns false if somebody else was first. */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  const unfinished = unfinishedName(path);
  try {
    await writeSecretFile(unfinished, text);
    // link fails if the path exists; rename would replace what another relay has just written.
    await link(unfinished, path);
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    throw unwritable(dirname(path), cause);
  } finally {
    await rm(unfinished, { force: true });
  }
  return true;
}

/** In place of a secret file that is there, whole or not at all; it stays its owner's, whoever we are. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = unfinishedName(path);
  try {
    const { uid, gid } = await stat(path);
    await writeSecretFile(unfinished, text);
    if (process.getuid?.() === 0) await chown(unfinished, uid, gid);
    await rename(unfinished, path);
  } catch (cause) {
    throw unwritable(dirname(path), cause);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function unfinishedName(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

async function writeSecretFile(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
