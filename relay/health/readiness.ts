import { isReachable } from "../db/is-reachable.ts";
import type { Queries } from "../db/pool.ts";

/** An answer that takes longer is none: whoever asks will not wait. */
const PATIENCE_MS = 2_000;
/** However many ask, the database is asked once in so long. */
const GOOD_FOR_MS = 500;
const WATCH_EVERY_MS = 1_000;

/** Whether the relay can do its work: it keeps nothing itself, so it is as ready as its database. */
export class Readiness {
  readonly #db: Queries;
  readonly #watchers = new Set<(isReady: boolean) => void>();
  #asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve(false), isUnderWay: false };
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Queries) {
    this.#db = db;
  }

  async isReady(): Promise<boolean> {
    const { at, isUnderWay } = this.#asked;
    if (!isUnderWay && performance.now() - at >= GOOD_FOR_MS) this.#ask();
    const patience = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => patience.resolve(false), PATIENCE_MS);
    try {
      return await Promise.race([this.#asked.answer, patience.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells how it is, now and as often as it is looked at, until the function that it returns is called. */
  watch(tell: (isReady: boolean) => void): () => void {
    this.#watchers.add(tell);
    this.#timer ??= setInterval(() => void this.#tellAll(), WATCH_EVERY_MS).unref();
    void this.isReady().then((isReady) => {
      if (this.#watchers.has(tell)) tell(isReady);
    });
    return () => {
      this.#watchers.delete(tell);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #ask(): void {
    const asked = { at: performance.now(), answer: isReachable(this.#db), isUnderWay: true };
    this.#asked = asked;
    void asked.answer.then(() => {
      asked.isUnderWay = false;
    });
  }

  async #tellAll(): Promise<void> {
    const isReady = await this.isReady();
    for (const tell of this.#watchers) tell(isReady);
  }
}
