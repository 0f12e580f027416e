import { CLOCK_LEAP_MS, CLOCK_STEADY_MS } from "./limits.ts";

export interface ClockParts {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** When somebody was last at the relay, by the clock as it was then; undefined: nobody ever. */
  readonly newest: number | undefined;
  /** Milliseconds that nobody can set. */
  readonly elapsed?: () => number;
}

/**
 * Whether the clock can be believed about months. One that was set a month ahead for a minute would empty every message
 * and leave out every device; and after a long time without power nobody had the chance to be seen. After a leap it has
 * to go on steadily for a while before anything is old.
 */
export class SteadyClock {
  readonly #clock: () => number;
  readonly #elapsed: () => number;
  #last: { readonly wall: number; readonly elapsed: number };
  #steadyFrom = Number.NEGATIVE_INFINITY;

  constructor({ clock, newest, elapsed = () => performance.now() }: ClockParts) {
    this.#clock = clock;
    this.#elapsed = elapsed;
    this.#last = { wall: clock(), elapsed: elapsed() };
    if (newest !== undefined && this.#last.wall - newest > CLOCK_LEAP_MS) this.#leapt();
  }

  /** To be asked every now and then: a leap is what happened since the last time. */
  get isSteady(): boolean {
    const { wall, elapsed } = this.#last;
    this.#last = { wall: this.#clock(), elapsed: this.#elapsed() };
    const leap = this.#last.wall - wall - (this.#last.elapsed - elapsed);
    if (Math.abs(leap) > CLOCK_LEAP_MS) this.#leapt();
    return this.#last.elapsed >= this.#steadyFrom;
  }

  #leapt(): void {
    this.#steadyFrom = this.#last.elapsed + CLOCK_STEADY_MS;
  }
}
