// Rows of which nobody knows whether they are stored: the connection broke before the answer came. Whoever sent them sends
// them again and is told; but those whom they are for would hear of them only with the next row, and look for themselves.
import { setTimeout as pause } from "node:timers/promises";
import { toHex } from "../../keys/public.ts";
import type { Moved } from "../fanout/bus.ts";

const EVERY_MS = 1_000;
/** A quarter of an hour: by then each stream has ended with its token, and each device has been told where it is behind. */
const MAX_TURNS = 900;

export interface DoubtsSetup {
  readonly isBack: () => Promise<boolean>;
  readonly publish: (event: Moved) => void;
  readonly everyMs?: number;
}

export class Doubts {
  readonly #setup: DoubtsSetup;
  readonly #logs = new Map<string, Moved>();
  #turns = 0;
  #isWaiting = false;

  constructor(setup: DoubtsSetup) {
    this.#setup = setup;
  }

  /** Once the database is back, the devices are told the heads of these logs. */
  add(events: readonly Omit<Moved, "row">[]): void {
    for (const { kind, conversationId, devices } of events) {
      this.#logs.set(toHex(conversationId), { kind, conversationId, devices });
    }
    this.#turns = 0;
    if (!this.#isWaiting && this.#logs.size > 0) void this.#wait();
  }

  async #wait(): Promise<void> {
    const { isBack, publish, everyMs = EVERY_MS } = this.#setup;
    this.#isWaiting = true;
    do {
      await pause(everyMs, undefined, { ref: false });
      this.#turns += 1;
    } while (this.#turns < MAX_TURNS && !(await isBack()));
    this.#isWaiting = false;
    const events = [...this.#logs.values()];
    this.#logs.clear();
    for (const event of events) publish(event);
  }
}
