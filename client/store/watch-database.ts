import { type FSWatcher, watch } from "node:fs";
import { everySeconds } from "../beat.ts";
import { changeMarker, type Database } from "./database.ts";

/** Whatever is told of files, this often it is looked whether something has changed. */
const LOOK_EVERY_S = 2;
/** The same where nothing is told. */
const BLIND_LOOK_EVERY_MS = 100;
/** The file is written first, and the commit valid when the disk has it. */
const AGAIN_AFTER_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Calls `changed` after commits to the profile, whichever process made them, until the returned function is called. The
 * write-ahead log is a file, and the system tells when somebody writes to it. Keeps the process alive meanwhile.
 */
export function onChange(db: Database, changed: () => void): () => void {
  return watcherOf(db).add({ changed, passed: () => undefined });
}

/**
 * Waits until the database is not as it was any more when `changeMarker` gave `since`. Ends without that when the signal
 * aborts, after `within` milliseconds, and every now and then, since the clock that tells what is due may be set.
 */
export function nextChange(
  db: Database,
  since: string,
  { signal, within }: { readonly signal: AbortSignal; readonly within?: number | undefined },
): Promise<void> {
  if (signal.aborted || changeMarker(db) !== since) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      stop();
      resolve();
    };
    const isSoon = within !== undefined && within < LOOK_EVERY_S * 1_000;
    const timer = isSoon ? setTimeout(end, within) : undefined;
    signal.addEventListener("abort", end, { once: true });
    const stop = watcherOf(db).add({ changed: end, passed: end });
  });
}

interface Listener {
  readonly changed: () => void;
  /** It was looked, and nothing has changed. */
  readonly passed: () => void;
}

const watchers = new WeakMap<Database, Watcher>();

/** One for each connection. */
function watcherOf(db: Database): Watcher {
  const found = watchers.get(db) ?? new Watcher(db);
  watchers.set(db, found);
  return found;
}

class Watcher {
  readonly #db: Database;
  readonly #listeners = new Set<Listener>();
  #marker = "";
  #file: FSWatcher | undefined;
  #blind: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #stopBeat: (() => void) | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  add(listener: Listener): () => void {
    if (this.#stopBeat === undefined) this.#begin();
    this.#listeners.add(listener);
    this.#file?.ref();
    this.#blind?.ref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      // Whoever has heard of one change mostly waits for the next: it ends at the next beat, if it must.
      this.#file?.unref();
      this.#blind?.unref();
    };
  }

  #begin(): void {
    this.#marker = changeMarker(this.#db);
    this.#stopBeat = everySeconds(LOOK_EVERY_S, () => this.#beat());
    this.#watchFile();
  }

  #beat(): void {
    if (this.#listeners.size === 0) this.#end();
    else if (!this.#look()) for (const { passed } of [...this.#listeners]) passed();
  }

  #end(): void {
    this.#stopBeat?.();
    this.#stopBeat = undefined;
    this.#file?.close();
    this.#file = undefined;
    clearInterval(this.#blind);
    this.#blind = undefined;
    clearTimeout(this.#again);
  }

  #watchFile(): void {
    try {
      this.#file = watch(`${this.#db.name}-wal`, (what) => {
        // Another file may be there by that name.
        if (what === "rename") this.#goBlind();
        this.#lookUntilChanged(0);
      }).on("error", () => this.#goBlind());
    } catch {
      this.#goBlind();
    }
  }

  #goBlind(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#blind ??= setInterval(() => this.#look(), BLIND_LOOK_EVERY_MS);
  }

  #lookUntilChanged(attempt: number): void {
    clearTimeout(this.#again);
    const wait = AGAIN_AFTER_MS[attempt];
    if (this.#look() || wait === undefined) return;
    this.#again = setTimeout(() => this.#lookUntilChanged(attempt + 1), wait).unref();
  }

  /** Whether there is nothing more to look for. */
  #look(): boolean {
    if (!this.#db.open) {
      this.#end();
      return true;
    }
    let marker: string;
    try {
      marker = changeMarker(this.#db);
    } catch {
      // Nobody above would catch it. Whoever waits looks for himself, and a failure has its place there.
      for (const { passed } of [...this.#listeners]) passed();
      return true;
    }
    if (marker === this.#marker) return false;
    this.#marker = marker;
    for (const { changed } of [...this.#listeners]) changed();
    return true;
  }
}
