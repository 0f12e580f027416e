// What one account may have of this process over all its streams. Who is over it is read no faster than it allows: his
// frames wait at his own end of the wire, and nothing of them is lost.
import { type AccountId, toHex } from "../../keys/public.ts";
import type { ConnectRequest } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { Bucket } from "../bucket.ts";
import type { MessageRates } from "../limits.ts";
import type { Counter } from "../metrics/family.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { MAX_PAGES_OF_ACCOUNT, MAX_SUBMITS_OF_ACCOUNT } from "./limits.ts";
import { Turns } from "./turns.ts";

export interface AllowancesSetup {
  readonly rates: MessageRates;
  readonly metrics: Pick<Metrics, "rateLimited">;
}

type Buckets = { -readonly [Limit in keyof MessageRates]?: Bucket };
type Slowed = { readonly [Limit in keyof MessageRates]: Counter };

export class Allowance {
  #pages: Turns | undefined;
  readonly #rates: MessageRates;
  /** Made when they are needed: most of those who are connected say nothing. */
  readonly #buckets: Buckets = {};
  readonly #slowed: Slowed;
  #submitsUnderWay = 0;
  #waiting: (() => void)[] = [];

  constructor(rates: MessageRates, slowed: Slowed) {
    this.#rates = rates;
    this.#slowed = slowed;
  }

  /** Pages that are read at the same time: nobody has all the turns there are. */
  get pages(): Turns {
    this.#pages ??= new Turns(MAX_PAGES_OF_ACCOUNT);
    return this.#pages;
  }

  /** Milliseconds to wait before the frame is handled. */
  take({ frame }: ConnectRequest): number {
    const now = performance.now();
    switch (frame.case) {
      case "submit": {
        const { envelope, wraps } = frame.value;
        const forBytes = this.#take("submittedBytesPerAccount", envelope.length + wraps.length, now);
        return Math.max(forBytes, this.#take("submitsPerAccount", 1, now));
      }
      case "pull":
        return this.#take("pullsPerAccount", 1, now);
      case "acknowledge":
        return this.#take("cursorsPerAccount", Math.max(1, frame.value.cursors.length), now);
      default:
        return this.#take("otherFramesPerAccount", 1, now);
    }
  }

  get hasRoomForSubmit(): boolean {
    return this.#submitsUnderWay < MAX_SUBMITS_OF_ACCOUNT;
  }

  /** Resolves when one more submit may be given to the writer: others want their turn there, too. */
  async roomForSubmit(): Promise<void> {
    while (!this.hasRoomForSubmit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  submitted(): void {
    this.#submitsUnderWay += 1;
  }

  answered(): void {
    this.#submitsUnderWay -= 1;
    if (this.#waiting.length > 0) for (const proceed of this.#waiting.splice(0)) proceed();
  }

  /** Nobody would notice if it were made anew. */
  isFull(now: number): boolean {
    return this.#submitsUnderWay === 0 && Object.values(this.#buckets).every((bucket) => bucket.isFull(now));
  }

  #take(limit: keyof MessageRates, cost: number, now: number): number {
    this.#buckets[limit] ??= new Bucket(this.#rates[limit], now);
    const wait = this.#buckets[limit].take(cost, now);
    if (wait > 0) this.#slowed[limit].add();
    return wait;
  }
}

const TIDY_MS = 30_000;

/** Of all accounts that are connected to this process, or were a short time ago. */
export class Allowances {
  readonly #rates: MessageRates;
  readonly #slowed: Slowed;
  readonly #accounts = new Map<string, { readonly allowance: Allowance; users: number }>();
  #tidiedAt = 0;

  constructor({ rates, metrics }: AllowancesSetup) {
    this.#rates = rates;
    this.#slowed = ofEach((limit) => metrics.rateLimited.of(limit));
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** Until `leave`. */
  enter(accountId: AccountId): Allowance {
    const now = performance.now();
    if (now - this.#tidiedAt > TIDY_MS) this.#tidy(now);
    const key = toHex(accountId);
    const known = this.#accounts.get(key) ?? {
      allowance: new Allowance(this.#rates, this.#slowed),
      users: 0,
    };
    known.users += 1;
    this.#accounts.set(key, known);
    return known.allowance;
  }

  leave(accountId: AccountId): void {
    const known = this.#accounts.get(toHex(accountId));
    if (known !== undefined) known.users -= 1;
  }

  /** To go and come back at once is no way to get more. */
  #tidy(now: number): void {
    this.#tidiedAt = now;
    for (const [key, { allowance, users }] of this.#accounts) {
      if (users === 0 && allowance.isFull(now)) this.#accounts.delete(key);
    }
  }
}

function ofEach<Value>(make: (limit: keyof MessageRates) => Value): {
  readonly [Limit in keyof MessageRates]: Value;
} {
  return {
    submitsPerAccount: make("submitsPerAccount"),
    submittedBytesPerAccount: make("submittedBytesPerAccount"),
    pullsPerAccount: make("pullsPerAccount"),
    cursorsPerAccount: make("cursorsPerAccount"),
    otherFramesPerAccount: make("otherFramesPerAccount"),
  };
}
