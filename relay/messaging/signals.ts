// Typing and presence: from one device to those of the conversation that are connected. Nothing is stored, and whatever
// is wrong with a signal, it is dropped without a word.
import { type ConversationId, equal, readEphemeralHeader, toHex } from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import { ErrorReason, RelayError, reasonName } from "../errors.ts";
import type { Bus, BusEvent } from "../fanout/bus.ts";
import { type DeviceKey, deviceKey } from "../fanout/committed-row.ts";
import type { Rate } from "../limits.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { RateLimit } from "../rate-limit.ts";
import type { Caller } from "../service.ts";
import { type Rosters, rosterKey } from "./rosters.ts";
import { selectPosters } from "./sql/select-posters.ts";

/** Of one device. */
const RATE: Rate = { count: 20, seconds: 1 };
/** Conversations whose members are kept in mind. */
const MAX_AUDIENCES = 10_000;
/** An event of another process can get lost: whoever was removed hears no more after that. */
const AUDIENCE_MS = 10_000;

interface Audience {
  readonly keys: readonly DeviceKey[];
  /** Accounts in hexadecimal. */
  readonly posters: ReadonlySet<string>;
  /** By the monotonic clock. */
  readonly until: number;
}

export class Signals {
  readonly #db: Queries;
  readonly #rosters: Rosters;
  readonly #bus: Bus;
  readonly #metrics: Metrics;
  readonly #onError: (error: unknown) => void;
  readonly #rate: RateLimit;
  readonly #audiences = new Map<string, Promise<Audience | undefined>>();
  /** The same once they are loaded, for telling which events change them. */
  readonly #loaded = new Map<string, Audience>();

  /** `onError` hears of what nobody foresaw. */
  constructor(db: Queries, rosters: Rosters, bus: Bus, metrics: Metrics, onError: (error: unknown) => void) {
    this.#metrics = metrics;
    this.#rate = new RateLimit(RATE, metrics.rateLimited.of("signalsPerDevice"));
    this.#onError = onError;
    this.#db = db;
    this.#rosters = rosters;
    this.#bus = bus;
    bus.subscribe((event) => this.#hear(event));
  }

  /** Never rejects. Resolves when the next may come: signals of a device stay in order. */
  async pass(frame: Uint8Array, caller: Caller): Promise<void> {
    const sender = deviceKey(caller.accountId, caller.deviceId);
    try {
      await this.#rate.take(sender);
      const header = readEphemeralHeader(frame);
      if (!equal(header.sender, caller.accountId) || !equal(header.senderDevice, caller.deviceId)) return;
      const audience = await this.#audience(header.conversation);
      if (audience === undefined || !audience.keys.includes(sender)) return;
      if (!audience.posters.has(toHex(caller.accountId))) return;
      const devices = audience.keys.filter((device) => device !== sender);
      // A copy: the frame is a view of the wire buffer, and slow readers keep it for a while.
      this.#metrics.signals.add();
      this.#bus.publish({ kind: "signalled", devices, frame: new Uint8Array(frame) });
    } catch (error) {
      // Over the rate, malformed, or the database is away.
      const { reason } = RelayError.from(error);
      this.#metrics.signalsDropped.of(reasonName(reason)).add();
      if (reason === ErrorReason.INTERNAL) this.#onError(error);
    }
  }

  async #audience(id: ConversationId): Promise<Audience | undefined> {
    const key = toHex(id);
    const known = this.#loaded.get(key);
    if (known !== undefined && known.until <= performance.now()) this.#forget(key);
    const kept = this.#audiences.get(key);
    if (kept !== undefined) return kept;
    const loading = this.#load(id);
    this.#audiences.set(key, loading);
    const [oldest] = this.#audiences.keys();
    if (this.#audiences.size > MAX_AUDIENCES && oldest !== undefined) this.#forget(oldest);
    const audience = await loading.catch((error: unknown) => {
      this.#forget(key);
      throw error;
    });
    // Unless an event has made it old meanwhile.
    if (this.#audiences.get(key) !== loading) return audience;
    if (audience === undefined) this.#forget(key);
    else this.#loaded.set(key, audience);
    return audience;
  }

  async #load(conversationId: ConversationId): Promise<Audience | undefined> {
    const row = await selectPosters(this.#db, conversationId);
    if (row === undefined) return undefined;
    const wanted = { conversationId, version: row.roster_version };
    const roster = (await this.#rosters.load(this.#db, [wanted])).get(rosterKey(wanted));
    if (roster === undefined) return undefined;
    const posters = new Set(row.posters.map(toHex));
    return { keys: roster.keys, posters, until: performance.now() + AUDIENCE_MS };
  }

  #forget(key: string): void {
    this.#audiences.delete(key);
    this.#loaded.delete(key);
  }

  /** A message changes nothing; an entry or a new roster does. */
  #hear(event: BusEvent): void {
    if (event.kind !== "moved" || this.#audiences.size === 0) return;
    const isMessage = event.row !== undefined && event.row.entry === undefined;
    const key = toHex(event.conversationId);
    if (!isMessage || this.#loaded.get(key)?.keys !== event.devices) this.#forget(key);
  }
}
