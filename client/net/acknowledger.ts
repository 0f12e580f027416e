import { toHex } from "../../keys/public.ts";
import type { Cursor } from "./relay-connection.ts";

/** Nobody waits for an acknowledgement, and a frame for each message would cost the relay a quarter of what it does. */
export const ACKNOWLEDGE_EVERY_MS = 250;

/** Acknowledgements on their way: the first at once, those that soon follow it together, the newest of each conversation. */
export class Acknowledger {
  readonly #write: (cursors: readonly Cursor[]) => void;
  readonly #waiting = new Map<string, Cursor>();
  #lingering: NodeJS.Timeout | undefined;

  constructor(write: (cursors: readonly Cursor[]) => void) {
    this.#write = write;
  }

  add(cursors: readonly Cursor[]): void {
    for (const cursor of cursors) this.#waiting.set(toHex(cursor.conversationId), cursor);
    if (this.#lingering === undefined) this.flush();
  }

  /** Before the stream ends: what was not acknowledged is sent again. */
  flush(): void {
    this.stop();
    if (this.#waiting.size === 0) return;
    const cursors = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#write(cursors);
    this.#lingering = setTimeout(() => this.flush(), ACKNOWLEDGE_EVERY_MS);
  }

  /** Nothing can be sent any more. */
  stop(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
  }
}
