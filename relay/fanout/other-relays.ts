/** A relay says every second that it is there. */
const HEARD_MS = 4_000;
/** More than there ever are: whoever can write to NATS may make some up. */
const MAX_HEARD = 1_000;

/** Who else serves the database, and whether it is heard over the bus. */
export class OtherRelays {
  readonly #own: number;
  readonly #clock: () => number;
  /** As the database has it; undefined before it was asked. */
  #present: ReadonlySet<number> | undefined;
  /** When each was last heard. */
  readonly #heard = new Map<number, number>();

  /** `clock`: a monotonic one, in milliseconds. */
  constructor(own: number, clock: () => number = () => performance.now()) {
    this.#own = own;
    this.#clock = clock;
  }

  /** It has said that it is there. */
  hear(relay: number): void {
    if (relay === this.#own) return;
    this.#heard.delete(relay);
    this.#heard.set(relay, this.#clock());
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest);
  }

  /** The database says that these are there. */
  see(relays: readonly number[]): void {
    this.#present = new Set(relays.filter((relay) => relay !== this.#own));
  }

  /** Nobody else has to be told anything. */
  get isAlone(): boolean {
    return this.#present?.size === 0 && ![...this.#heard.keys()].some((relay) => this.#hears(relay));
  }

  /** Whatever they tell arrives here, as far as one can see. */
  get areHeard(): boolean {
    return this.#present !== undefined && [...this.#present].every((relay) => this.#hears(relay));
  }

  #hears(relay: number): boolean {
    const at = this.#heard.get(relay);
    return at !== undefined && this.#clock() - at < HEARD_MS;
  }
}
