import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { ErrorReason, RelayError } from "./errors.ts";
import type { Rate } from "./limits.ts";
import type { Counter } from "./metrics/family.ts";

/** Counts by key, in the memory of this process; a key is forgotten when its time is up. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #refused: Counter;

  /** `refused` counts how often it said no. */
  constructor({ count, seconds }: Rate, refused: Counter) {
    this.#refused = refused;
    this.#limiter = new RateLimiterMemory({ points: count, duration: seconds });
  }

  /** Throws RATE_LIMITED with the time to wait. */
  async take(key: string, count = 1): Promise<void> {
    try {
      await this.#limiter.consume(key, count);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.#refused.add();
      throw new RelayError(ErrorReason.RATE_LIMITED, "too often: wait, then try again", {
        retryAfter: refusal.msBeforeNext,
      });
    }
  }

  /** What was taken does not count after all. */
  async giveBack(key: string, count = 1): Promise<void> {
    await this.#limiter.reward(key, count);
  }
}
