// How a relay notices that its database was put back. A mark that only grows is kept in the database and, behind it, in
// the data folder. If the folder is ahead, the database is older than it was. If both were put back together, the
// folder's file is another one than the database remembers: a copy has another place in the file system. What puts
// back a whole file system leaves no trace: that the operator has to say (`chat relay admin restored`).
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

const file = z.object({ folder: z.string().regex(/^[\da-f]{32}$/), mark: z.number().int().nonnegative() });
type Mark = z.infer<typeof file>;

/**
 * Before anybody is served: looks whether the database was put back, and deals with it. From then on the mark grows
 * every minute. Returns what stops that, with a last mark.
 */
export async function keepMark(setup: MarkSetup): Promise<() => Promise<void>> {
  const { database, folder, clock, log, metrics, everyMs = EVERY_MS } = setup;
  metrics.restoredConversations.set(0);
  const found = await readMark(folder);
  if (found !== undefined && (await wasPutBack(setup, found))) {
    const conversations = await markRestored(database, clock());
    metrics.restoredConversations.set(conversations);
    log.warn({ conversations }, "the database was put back to an older state");
  }
  const own: Mark = found ?? { folder: randomBytes(16).toString("hex"), mark: 0 };
  const grow = async () => {
    await moveOn(setup, own);
    metrics.marked.set(clock() / 1_000);
  };
  await grow();

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

async function wasPutBack({ database, folder }: MarkSetup, found: Mark): Promise<boolean> {
  const stored = await selectMark(database, Buffer.from(found.folder, "hex"));
  // It is older than this folder's first start.
  if (stored === undefined) return true;
  if (Number(stored.mark) < found.mark) return true;
  // The database's moves first: by one it is ahead after a crash in between, with another file.
  return Number(stored.mark) === found.mark && stored.place !== (await placeOf(pathIn(folder)));
}

/** The file is made anew each time: one that was put back is another one. The database's mark is never behind it. */
async function moveOn({ database, folder }: MarkSetup, { folder: id, mark: beyond }: Mark): Promise<void> {
  const path = pathIn(folder);
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(unfinished, "", { mode: 0o600, flag: "wx" });
    const place = await placeOf(unfinished);
    const mark = await moveMark(database, Buffer.from(id, "hex"), { beyond, place });
    await writeFile(unfinished, `${JSON.stringify({ folder: id, mark } satisfies Mark)}\n`, { flush: true });
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
