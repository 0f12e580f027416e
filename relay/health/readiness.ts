// Whether the relay can do its work. It keeps nothing itself, so it is as ready as its database: that must answer, take
// what is sent, and have the schema of this program.
import { lookAtDatabase } from "../db/look-at-database.ts";
import { type Database, isUnavailable } from "../db/pool.ts";
import { SchemaFits } from "../db/schema-fits.ts";
import { tryToStore } from "../db/try-to-store.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { Storing, type StoringTrouble } from "./storing.ts";

/** Each with what to do about it, for whoever operates the relay. */
export const notReady = {
  starting: "The relay is starting: it prepares its database.",
  draining: "The relay is ending.",
  database_away: "The database does not answer: is PostgreSQL running, and reachable from here?",
  database_read_only: "The database takes no writes: is it a standby, or set to read only?",
  database_full: "The disk of the database is full: make room.",
  cannot_store: "The database answers, but nothing can be stored: look for locks and at the relay's log.",
  schema_differs: "The database has the schema of another version: was a backup put back? Restart the relay.",
} as const satisfies Record<string, string>;

type NotReady = keyof typeof notReady;
export type State = "ready" | NotReady;

/** An answer that takes longer is none: whoever asks will not wait. */
const PATIENCE_MS = 2_000;
/** However many ask, the database is asked once in so long. */
const GOOD_FOR_MS = 500;
const WATCH_EVERY_MS = 1_000;
/** Even if nobody asks, so that the log and the metrics know. */
const LOOK_EVERY_MS = 5_000;
const SCHEMA_GOOD_FOR_MS = 30_000;
/** After a failure, before storing is tried again. */
const TRIAL_AFTER_MS = 2_000;

export interface ReadinessSetup {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** One of a relay, for all who ask: gRPC health, /readyz, the metrics and the log. */
export class Readiness {
  readonly storing = new Storing();
  readonly #setup: ReadinessSetup;
  readonly #watchers = new Set<(isReady: boolean) => void>();
  #phase: { readonly database: Database; readonly schema: SchemaFits } | "starting" | "draining" = "starting";
  #asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve<State>("starting"), isUnderWay: false };
  #schemaFitAt = Number.NEGATIVE_INFINITY;
  #said: State = "starting";
  #watching: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(setup: ReadinessSetup) {
    this.#setup = setup;
    setup.metrics.ready.from(() => (this.#said === "ready" ? 1 : 0));
    for (const reason of Object.keys(notReady)) {
      setup.metrics.notReady.of(reason).from(() => (this.#said === reason ? 1 : 0));
    }
  }

  /** The schema is up to date: from now on the database decides. */
  serve(database: Database): void {
    this.#phase = { database, schema: new SchemaFits(database) };
    this.#looking = setInterval(() => void this.state(), LOOK_EVERY_MS).unref();
    void this.state();
  }

  /** For good. */
  drain(): void {
    this.#phase = "draining";
    clearInterval(this.#looking);
    clearInterval(this.#watching);
    this.#say("draining");
  }

  async isReady(): Promise<boolean> {
    return (await this.state()) === "ready";
  }

  async state(): Promise<State> {
    if (typeof this.#phase === "string") return this.#phase;
    const { at, isUnderWay } = this.#asked;
    if (!isUnderWay && performance.now() - at >= GOOD_FOR_MS) this.#ask(this.#phase);
    const patience = Promise.withResolvers<State>();
    const timer = setTimeout(() => patience.resolve("database_away"), PATIENCE_MS);
    try {
      const state = await Promise.race([this.#asked.answer, patience.promise]);
      // It may have begun to drain meanwhile.
      if (typeof this.#phase === "string") return this.#phase;
      this.#say(state);
      return state;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells how it is, now and as often as it is looked at, until the function that it returns is called. */
  watch(tell: (isReady: boolean) => void): () => void {
    this.#watchers.add(tell);
    this.#watching ??= setInterval(() => void this.#tellAll(), WATCH_EVERY_MS).unref();
    void this.isReady().then((isReady) => {
      if (this.#watchers.has(tell)) tell(isReady);
    });
    return () => {
      this.#watchers.delete(tell);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#watching);
      this.#watching = undefined;
    };
  }

  #ask(parts: { readonly database: Database; readonly schema: SchemaFits }): void {
    const asked = { at: performance.now(), answer: this.#look(parts), isUnderWay: true };
    this.#asked = asked;
    void asked.answer.finally(() => {
      asked.isUnderWay = false;
    });
  }

  /** Never rejects. */
  async #look({
    database,
    schema,
  }: {
    readonly database: Database;
    readonly schema: SchemaFits;
  }): Promise<State> {
    const seen = await lookAtDatabase(database);
    // A backup is not put back without cutting us off.
    if (seen !== "writable") {
      this.#schemaFitAt = Number.NEGATIVE_INFINITY;
      return `database_${seen}`;
    }
    const trouble = await this.#storingTrouble(database);
    if (trouble !== undefined) return trouble;
    if (performance.now() - this.#schemaFitAt < SCHEMA_GOOD_FOR_MS) return "ready";
    try {
      if (!(await schema.ask())) return "schema_differs";
    } catch (error) {
      return isUnavailable(error) ? "database_away" : "schema_differs";
    }
    this.#schemaFitAt = performance.now();
    return "ready";
  }

  /** Who is not ready is sent nothing more, which would show that it can store again: it has to try by itself. */
  async #storingTrouble(database: Database): Promise<StoringTrouble | undefined> {
    if (this.storing.trouble === undefined || this.storing.quietMs < TRIAL_AFTER_MS)
      return this.storing.trouble;
    try {
      await tryToStore(database);
      this.storing.recovered();
    } catch (error) {
      this.storing.failed(error, true);
    }
    return this.storing.trouble;
  }

  #say(state: State): void {
    if (state === this.#said) return;
    const { log } = this.#setup;
    const before = this.#said;
    this.#said = state;
    // Of a start that went well the relay says so itself.
    if (state === "ready" && before === "starting") return;
    if (state === "ready") log.info({ before }, "ready to serve again");
    else if (state !== "draining") log.warn({ reason: state, hint: notReady[state] }, "not ready to serve");
  }

  async #tellAll(): Promise<void> {
    const isReady = await this.isReady();
    for (const tell of this.#watchers) tell(isReady);
  }
}
