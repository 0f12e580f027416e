import { ErrorReason, RelayError } from "./errors.ts";
import type { Rate } from "./limits.ts";

/**
 * A token bucket: as much as `rate.count` at once, and as much again in every `rate.seconds`. Made for what happens
 * with every message: two additions and a comparison, no promise and no timer (rate-limiter-flexible's promise and map
 * take a hundred times as long).
 */
export class Bucket {
  readonly #count: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor({ count, seconds }: Rate, now: number) {
    this.#count = count;
    this.#perMs = count / (seconds * 1_000);
    this.#left = count;
    this.#at = now;
  }

  /** Takes in any case, and says for how many milliseconds to take no more. `now` is of the monotonic clock. */
  take(cost: number, now: number): number {
    this.#refill(now);
    this.#left -= cost;
    return this.#left >= 0 ? 0 : -this.#left / this.#perMs;
  }

  /** Takes if there is enough; otherwise says how many milliseconds are missing. */
  tryTake(cost: number, now: number): number {
    this.#refill(now);
    const missing = Math.min(cost, this.#count) - this.#left;
    if (missing > 0) return missing / this.#perMs;
    this.#left -= cost;
    return 0;
  }

  /** Nobody would notice if it were made anew. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#left >= this.#count;
  }

  #refill(now: number): void {
    this.#left = Math.min(this.#count, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** Keys beyond which full buckets are looked for with every new key. */
const MANY = 1_000;

/** A bucket for each key, in the memory of this process. */
export class Buckets {
  readonly #rate: Rate;
  readonly #onRefused: () => void;
  readonly #buckets = new Map<string, Bucket>();
  #tidyAt = MANY;

  constructor(rate: Rate, onRefused: () => void) {
    this.#rate = rate;
    this.#onRefused = onRefused;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Throws RATE_LIMITED with the time to wait. */
  take(key: string, cost = 1): void {
    const now = performance.now();
    const wait = this.#bucket(key, now).tryTake(cost, now);
    if (wait === 0) return;
    this.#onRefused();
    throw new RelayError(ErrorReason.RATE_LIMITED, "too often: wait, then try again", { retryAfter: wait });
  }

  #bucket(key: string, now: number): Bucket {
    const found = this.#buckets.get(key);
    if (found !== undefined) return found;
    if (this.#buckets.size >= this.#tidyAt) this.#tidy(now);
    const bucket = new Bucket(this.#rate, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #tidy(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    this.#tidyAt = Math.max(MANY, this.#buckets.size * 2);
  }
}
