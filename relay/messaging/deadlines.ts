/** Something that ends by itself. */
export interface Lasting {
  /** By `performance.now()`. */
  readonly endsAt: number;
  expire(): void;
}

const EVERY_MS = 250;

/** One clock for all of them: a timer each would take more memory than is needed for streams that say nothing. */
export class Deadlines {
  readonly #open = new Set<Lasting>();
  #timer: NodeJS.Timeout | undefined;

  add(one: Lasting): void {
    this.#open.add(one);
    this.#timer ??= setInterval(() => this.#look(), EVERY_MS).unref();
  }

  remove(one: Lasting): void {
    this.#open.delete(one);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const one of this.#open) if (one.endsAt <= now) one.expire();
  }
}
