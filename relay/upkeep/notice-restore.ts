// How a relay notices that its database was put back. A mark that only grows is kept in the database and, behind it, in
// the data folder. If the folder is ahead, the database is older than it was. If both were put back together, the
// folder's file is another one than the database remembers: a copy has another place in the file system. What puts
// back a whole file system leaves no trace: that the operator has to say (`chat relay admin restored`).
// Several relays of one database look one after the other: the first deals with it, the others see that it has.
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { unwritable } from "../data-folder.ts";
import type { Database } from "../db/pool.ts";
import { describeError, type Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { systemCode } from "../startup-error.ts";
import { markRestored } from "./mark-restored.ts";
import { moveMark, selectMark } from "./sql/relay-marks.ts";
import { selectLastRestored } from "./sql/restore-conversations.ts";
import { giveRestoreLockBack, takeRestoreLock } from "./sql/restore-lock.ts";

export interface MarkSetup {
  readonly database: Database;
  /** The data folder. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;
/** How long the end of the relay waits for a database that is away. */
const LAST_MARK_MS = 1_000;

/** Another relay's look, or what it does then, is waited for by asking so often. */
const ASK_AGAIN_MS = 200;

const file = z.object({
  folder: z.string().regex(/^[\da-f]{32}$/),
  mark: z.number().int().nonnegative(),
  /** When it was written, in milliseconds since 1970. */
  at: z.number().nonnegative().optional(),
});
type Mark = z.infer<typeof file>;

/**
 * Before anybody is served: looks whether the database was put back, and deals with it. From then on the mark grows
 * every minute. Returns what stops that, with a last mark.
 */
export async function keepMark(setup: MarkSetup): Promise<() => Promise<void>> {
  const { clock, log, metrics, everyMs = EVERY_MS } = setup;
  metrics.restoredConversations.set(0);
  const own = await alone(setup.database, () => look(setup));
  const grow = async () => {
    await moveOn(setup, own);
    metrics.marked.set(clock() / 1_000);
  };

  const stopping = new AbortController();
  const growing = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      await grow().catch((error: unknown) => log.warn(describeError(error), "could not move the mark on"));
    }
  })();
  return async () => {
    stopping.abort();
    await Promise.race([growing, sleep(LAST_MARK_MS, undefined, { ref: false })]);
  };
}

/** Waits while another relay looks. */
function alone<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  return database.withClient(async (connection) => {
    while (!(await takeRestoreLock(connection))) await sleep(ASK_AGAIN_MS);
    try {
      return await work();
    } finally {
      // A connection that may hold it still is of no more use.
      await giveRestoreLockBack(connection).catch(() => connection.end());
    }
  });
}

/** Gives the mark that is to grow, and that has grown once already: who looks next sees that it was dealt with. */
async function look(setup: MarkSetup): Promise<Mark> {
  const { database, folder, clock, log, metrics } = setup;
  const found = await readMark(folder);
  if (found !== undefined && (await wasPutBack(setup, found)) && !(await wasDealtWith(setup, found))) {
    const conversations = await markRestored(database, clock());
    metrics.restoredConversations.set(conversations);
    log.warn({ conversations }, "the database was put back to an older state");
  }
  const own: Mark = found ?? { folder: randomBytes(16).toString("hex"), mark: 0 };
  await moveOn(setup, own);
  metrics.marked.set(clock() / 1_000);
  return own;
}

/** By another relay, or the operator, since a relay last ran on this folder. */
async function wasDealtWith({ database }: MarkSetup, { at }: Mark): Promise<boolean> {
  return at !== undefined && (await selectLastRestored(database)) > at;
}

async function wasPutBack({ database, folder }: MarkSetup, found: Mark): Promise<boolean> {
  const stored = await selectMark(database, Buffer.from(found.folder, "hex"));
  // It is older than this folder's first start.
  if (stored === undefined) return true;
  if (Number(stored.mark) < found.mark) return true;
  // The database's moves first: by one it is ahead after a crash in between, with another file.
  return Number(stored.mark) === found.mark && stored.place !== (await placeOf(pathIn(folder)));
}

/** The file is made anew each time: one that was put back is another one. The database's mark is never behind it. */
async function moveOn(
  { database, folder, clock }: MarkSetup,
  { folder: id, mark: beyond }: Mark,
): Promise<void> {
  const path = pathIn(folder);
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(unfinished, "", { mode: 0o600, flag: "wx" });
    const place = await placeOf(unfinished);
    const mark = await moveMark(database, Buffer.from(id, "hex"), { beyond, place });
    const made: Mark = { folder: id, mark, at: clock() };
    await writeFile(unfinished, `${JSON.stringify(made)}\n`, { flush: true });
    await rename(unfinished, path);
  } catch (cause) {
    throw systemCode(cause) === undefined ? cause : unwritable(folder, cause);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** What is not there, or is no mark, says nothing. */
async function readMark(folder: string): Promise<Mark | undefined> {
  try {
    return file.safeParse(JSON.parse(await readFile(pathIn(folder), "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw unwritable(folder, error);
  }
}

async function placeOf(path: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}

function pathIn(folder: string): string {
  return join(folder, "mark.json");
}
