import { readFileSync } from "node:fs";
import { ChatError } from "../core/chat-error.ts";
import { safeText } from "../safe-text.ts";
import type { Context } from "./context.ts";
import { readStdin } from "./stdin.ts";

const MAX_SECRET_BYTES = 4_096;

/** Somebody is there to ask: both where answers come from and where questions go to are a terminal. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * The account's password: from `--password-file` (`-` is standard input), `CHAT_PASSWORD_FILE`, or asked for, twice
 * when it is a new one. Never from an argument or a value of the environment, which others can see.
 */
export async function accountPassword(
  context: Context,
  asked: { file: string | undefined; isNew: boolean; check?: (password: string) => void },
): Promise<string> {
  const file = asked.file ?? context.environment["CHAT_PASSWORD_FILE"];
  if (file) {
    const password = await readSecret(file, "password");
    asked.check?.(password);
    return password;
  }
  if (!isInteractive()) {
    throw new ChatError("usage", "There is no terminal to ask for the password at.", {
      hint: "Give --password-file PATH (`-` reads standard input), or set CHAT_PASSWORD_FILE to a path.",
    });
  }
  const { askPassword, askNewPassword } = await import("./prompts.ts");
  return asked.isNew ? askNewPassword(context.signal, asked.check) : askPassword("Password", context.signal);
}

/** The recovery words of the account: from `--recovery-file`, over any number of lines, or asked for. */
export async function recoveryWords(context: Context, file: string | undefined): Promise<string> {
  if (file !== undefined) return readWhole(file, "recovery");
  if (!isInteractive()) {
    throw new ChatError("usage", "There is no terminal to ask for the recovery words at.", {
      hint: "Give --recovery-file PATH (`-` reads standard input).",
    });
  }
  const { askWords } = await import("./prompts.ts");
  const { checkWords } = await import("../core/account/account-key.ts");
  return askWords("The 24 recovery words", context.signal, checkWords);
}

/** The profile's passphrase, if there is one to be had. */
export async function profilePassphrase(context: Context): Promise<string | undefined> {
  const file = context.environment["CHAT_PASSPHRASE_FILE"];
  if (file) return readSecret(file, "passphrase");
  if (!isInteractive()) return undefined;
  const { askPassword } = await import("./prompts.ts");
  return askPassword("Passphrase of this profile", context.signal);
}

/** The first line of a file, or of standard input for `-`. */
export async function readSecret(path: string, what: string): Promise<string> {
  const [first = ""] = (await readWhole(path, what)).split(/\r?\n/);
  if (first === "") {
    throw new ChatError("bad_input", `There is no ${what} in the first line of ${nameOf(path)}.`);
  }
  return first;
}

async function readWhole(path: string, what: string): Promise<string> {
  const bytes = path === "-" ? await readStdin(MAX_SECRET_BYTES) : readSecretFile(path, what);
  if (bytes.length > MAX_SECRET_BYTES) {
    throw new ChatError("bad_input", `${nameOf(path)} is too long for a ${what} file.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ChatError("not_utf8", `The ${what} file is not UTF-8.`, { cause });
  }
}

function readSecretFile(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ChatError("bad_input", `The ${what} file ${nameOf(path)} cannot be read.`, {
      hint: "Check the path and its permissions.",
      cause,
    });
  }
}

function nameOf(path: string): string {
  return path === "-" ? "standard input" : safeText(path);
}
