import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { ChatError } from "../chat-error.ts";
import type { WordsKeeper } from "./register.ts";

/** Writes the words to a file that only its owner can read, never over one that exists. */
export function recoveryFile(path: string): WordsKeeper {
  let isOurs = false;
  return {
    keep: (words) => {
      const text = `${words.join(" ")}\n`;
      // A registration that was cut goes on with the file that it wrote.
      if (existsSync(path) && holds(path, text)) return;
      writeNew(path, text);
      isOurs = true;
    },
    discard: () => {
      if (isOurs) rmSync(path, { force: true });
    },
    handOver: async () => undefined,
  };
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

function writeNew(path: string, text: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, "wx", 0o600);
    writeSync(file, text);
    fsyncSync(file);
  } catch (cause) {
    if (file !== undefined) rmSync(path, { force: true });
    throw cannotWrite(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export function recoveryFileExists(path: string, cause?: unknown): ChatError {
  return new ChatError("cannot_write", `The recovery file ${path} exists already.`, {
    hint: "Name another file: one that exists is never written over.",
    cause,
  });
}

function cannotWrite(path: string, cause: unknown): ChatError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST") return recoveryFileExists(path, cause);
  return new ChatError("cannot_write", `The recovery file ${path} cannot be written.`, {
    hint: "Check its folder, the permissions and the free space.",
    cause,
  });
}
