import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChatError } from "../../core/chat-error.ts";
import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { Session } from "./session.ts";

/** What an editor wrote may be too long to be sent, but not endless. */
const MAX_BYTES = 1024 * 1024;
const PREFIX = "writing-";

type Editing = Pick<Session, "paths" | "environment" | "handOver">;

/** Has the text written on in the editor of whoever runs this. Whatever goes wrong, the composer keeps its text. */
export async function editOutside(
  session: Editing,
  { conversation, text }: Extract<Effect, { kind: "edit outside" }>,
  tell: Tell,
): Promise<void> {
  await forgetAbandoned(session);
  const folder = join(session.paths.folder, `${PREFIX}${process.pid}`);
  try {
    // A folder of its own, so that what editors leave beside a file goes with it.
    await mkdir(folder, { mode: 0o700 });
    const file = join(folder, "message.md");
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
    await session.handOver(() => runEditor(editorOf(session), file));
    const written = await read(file);
    tell({ kind: "loaded", loaded: { what: "edited", conversation, text: written } });
  } finally {
    await erase(folder);
  }
}

function editorOf({ environment }: Editing): string {
  return environment["VISUAL"] || environment["EDITOR"] || "vi";
}

/** As git does: a shell understands `code --wait` and quotes. */
async function runEditor(editor: string, file: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, editor, file], { stdio: "inherit" });
  child.on("error", reject).on("exit", resolve);
  const status = await promise;
  if (status === 0) return;
  const how = status === null ? "was ended" : `ended with ${status}`;
  throw new ChatError("bad_input", `The editor \`${editor}\` ${how}: your text is as it was.`, {
    hint: "The variables VISUAL and EDITOR say which one is used.",
  });
}

async function read(file: string): Promise<string> {
  if ((await stat(file)).size > MAX_BYTES) {
    throw new ChatError("text_too_long", "What the editor wrote is too long by far: your text is as it was.");
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    // Editors end the last line, which nobody wants to see in the composer.
    return text.replace(/\r?\n$/, "");
  } catch (error) {
    throw new ChatError("not_utf8", "What the editor wrote is not UTF-8: your text is as it was.", {
      cause: error,
    });
  }
}

/** What other processes left when they were killed. */
async function forgetAbandoned({ paths }: Editing): Promise<void> {
  for (const name of await readdir(paths.folder)) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : undefined;
    if (pid !== undefined && (pid === process.pid || !isRunning(pid))) await erase(join(paths.folder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Overwritten before, for what that is worth on the disk at hand. */
async function erase(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    await writeFile(file, new Uint8Array(size), { flag: "r+" }).catch(() => undefined);
  }
  await rm(folder, { recursive: true, force: true });
}
