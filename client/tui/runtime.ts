import type { Effect } from "./model/effect.ts";
import type { Event, Failure } from "./model/event.ts";
import type { State } from "./model/state.ts";
import type { Updated } from "./model/updated.ts";

export type Tell = (event: Event) => void;
/** Does what the model wants done, and tells what came of it. What it throws is told as a failure. */
export type Perform = (effect: Effect, tell: Tell) => void | Promise<void>;

export interface RuntimeParts {
  readonly update: (state: State, event: Event) => Updated;
  readonly perform: Perform;
  readonly draw: (state: State) => void;
  readonly explain: (error: unknown) => Failure;
}

/** Bursts of news are drawn at most this often; what a person does is drawn at once. */
const FRAME_MS = 16;

/** The loop around the model: takes events one by one, does what they lead to, and draws. Nothing in it throws. */
export class Runtime {
  readonly #parts: RuntimeParts;
  readonly #queue: Event[] = [];
  #state: State;
  #drawn: State | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isStopped = false;

  constructor(state: State, parts: RuntimeParts) {
    this.#state = state;
    this.#parts = parts;
  }

  get state(): State {
    return this.#state;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** News: drawn soon. */
  readonly tell: Tell = (event) => {
    this.#take([event]);
    this.#drawSoon();
  };

  /** What a person did, several keys at a time if they came so: drawn once and at once. */
  act(events: readonly Event[]): void {
    this.#take(events);
    this.draw();
  }

  draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isStopped || this.#isBusy || this.#state === this.#drawn) return;
    this.#drawn = this.#state;
    this.#parts.draw(this.#state);
    this.#drawnAt = performance.now();
  }

  /** Draws even if nothing changed. */
  redraw(): void {
    this.#drawn = undefined;
    this.draw();
  }

  /** Nothing is drawn or taken from now on. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #take(events: readonly Event[]): void {
    this.#queue.push(...events);
    // An effect that tells at once: its event waits for its turn.
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      if (!this.#isStopped) this.#step(event);
    }
    this.#isBusy = false;
  }

  #step(event: Event): void {
    let effects: readonly Effect[] = [];
    try {
      [this.#state, effects] = this.#parts.update(this.#state, event);
    } catch (error) {
      // A mistake of the model costs one event. Its report could meet the same mistake again: then it is lost.
      if (event.kind !== "failed") this.#fail(event.kind, error);
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    try {
      const work = this.#parts.perform(effect, this.tell);
      work?.catch((error: unknown) => this.#fail(effect.kind, error));
    } catch (error) {
      this.#fail(effect.kind, error);
    }
  }

  #fail(what: string, error: unknown): void {
    this.tell({ kind: "failed", effect: what, failure: this.#parts.explain(error) });
  }

  #drawSoon(): void {
    if (this.#timer !== undefined || this.#isBusy || this.#isStopped || this.#state === this.#drawn) return;
    const wait = this.#drawnAt + FRAME_MS - performance.now();
    if (wait <= 0) this.draw();
    else this.#timer = setTimeout(() => this.draw(), wait);
  }
}
