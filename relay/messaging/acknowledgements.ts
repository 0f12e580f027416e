import { type ConversationId, toHex } from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import type { DeviceKey } from "../fanout/committed-row.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Caller } from "../service.ts";
import { type Acknowledged, upsertCursors } from "./sql/upsert-cursors.ts";

/** Acknowledgements come by the row; cursors move at most so often. */
const LINGER_MS = 100;
const MAX_WAITING = 20_000;

/** Cursors on their way to the database, the newest of each, in one statement for all devices. */
export class Acknowledgements {
  readonly #db: Queries;
  readonly #metrics: Metrics;
  readonly #onError: (error: unknown) => void;
  #waitingSince = 0;
  #waiting = new Map<string, Acknowledged>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Queries, metrics: Metrics, onError: (error: unknown) => void) {
    this.#db = db;
    this.#metrics = metrics;
    metrics.acknowledgementsWaiting.from(() => this.#waiting.size);
    this.#onError = onError;
  }

  /** `device` is the caller's key. */
  add(caller: Caller, device: DeviceKey, conversationId: ConversationId, sequence: bigint): void {
    const { accountId, deviceId } = caller;
    const key = device + toHex(conversationId);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.sequence >= sequence) return;
    if (this.#waiting.size === 0) this.#waitingSince = performance.now();
    this.#waiting.set(key, { accountId, deviceId, conversationId, sequence });
    // A lost acknowledgement is no harm: the rows come again, and the client knows them.
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onError), LINGER_MS);
  }

  get hasRoom(): boolean {
    return this.#waiting.size <= MAX_WAITING;
  }

  /** Resolves when there is room for more: wait for it before reading on. */
  async room(): Promise<void> {
    while (!this.hasRoom) await this.flush();
  }

  /** Resolves when all that was added is stored. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#writing.catch(() => undefined);
    this.#writing = before.then(async () => {
      const batch = [...this.#waiting.values()];
      const since = this.#waitingSince;
      this.#waiting = new Map();
      if (batch.length === 0) return;
      await upsertCursors(this.#db, batch);
      this.#metrics.acknowledged.add(batch.length);
      this.#metrics.acknowledgeSeconds.since(since);
    });
    return this.#writing;
  }
}
