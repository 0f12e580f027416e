import { type AccountId, toHex } from "../keys/public.ts";
import { Buckets } from "./bucket.ts";
import type { CallRates } from "./limits.ts";
import type { Metrics } from "./metrics/metrics.ts";

/** How often somebody may call; what goes over a stream has limits of its own. */
export class CallLimits {
  readonly #ofAddress: Buckets;
  readonly #ofAccount: Buckets;
  /** Those that cost more than a statement or two, by the method's name. */
  readonly #costly: ReadonlyMap<string, Buckets>;

  constructor(rates: CallRates, metrics: Pick<Metrics, "rateLimited">) {
    const buckets = (limit: keyof CallRates): Buckets =>
      new Buckets(rates[limit], () => metrics.rateLimited.of(limit).add());
    this.#ofAddress = buckets("callsPerAddress");
    this.#ofAccount = buckets("callsPerAccount");
    this.#costly = new Map([
      ["AppendEntry", buckets("entriesPerAccount")],
      ["AppendAccountEntry", buckets("accountEntriesPerAccount")],
      ["PublishPrekeys", buckets("publishesPerAccount")],
      ["TakePrekeyBundles", buckets("bundleRequestsPerAccount")],
      ["OpenDirect", buckets("opensPerAccount")],
      ["Connect", buckets("streamsPerAccount")],
    ]);
  }

  /** Before anybody has asked who it is. Throws RATE_LIMITED. */
  fromAddress(address: string): void {
    this.#ofAddress.take(address);
  }

  /** Throws RATE_LIMITED. */
  byAccount(account: AccountId, method: string): void {
    const key = toHex(account);
    this.#ofAccount.take(key);
    this.#costly.get(method)?.take(key);
  }
}
