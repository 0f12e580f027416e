import { createInterface } from "node:readline/promises";
import { ChatError } from "../core/chat-error.ts";
import type { Consumer } from "../core/inbox/consumers.ts";

/** How much may be printed ahead of its acknowledgement; then no more is, until one comes. */
const MOST_WAITING = 1_000;

/** What a consumer was shown and has not acknowledged. It goes on, next time, with the first of these. */
export class Acknowledgements {
  readonly #consumer: Pick<Consumer, "advance">;
  readonly #waiting: { readonly id: string; readonly arrival: number; isDone: boolean }[] = [];
  #wake: () => void = () => undefined;

  constructor(consumer: Pick<Consumer, "advance">) {
    this.#consumer = consumer;
  }

  /** To be said before it is printed: the answer may be quick. */
  expect(id: string, arrival: number): void {
    this.#waiting.push({ id, arrival, isDone: false });
  }

  /** In any order. An id that nothing waits for was acknowledged before, and is none the worse for it. */
  acknowledge(id: string): void {
    const one = this.#waiting.find((each) => each.id === id && !each.isDone);
    if (one === undefined) return;
    one.isDone = true;
    const through = this.#waiting.findIndex(({ isDone }) => !isDone);
    const handled = this.#waiting.splice(0, through === -1 ? this.#waiting.length : through).at(-1);
    if (handled === undefined) return;
    this.#consumer.advance(handled.arrival);
    this.#wake();
  }

  /** Resolves when there is room for one more, or the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length >= MOST_WAITING && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** Takes an id a line, until the end of the input or until the signal aborts. Throws `bad_input`. */
  async read(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
    for await (const line of createInterface({ input, signal, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (/^[0-9a-f]{32}$/.test(line)) this.acknowledge(line);
      else if (line !== "") {
        throw new ChatError("bad_input", "A line on standard input is not the id of a message or event.", {
          hint: "Write the `id` or `event_id` of what is dealt with, alone on its line.",
        });
      }
    }
  }
}
