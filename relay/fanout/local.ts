import type { Bus, BusEvent } from "./bus.ts";

/** The bus of a relay that is one process. */
export class LocalBus implements Bus {
  readonly #listeners = new Set<(event: BusEvent) => void>();

  publish(event: BusEvent): void {
    for (const listen of this.#listeners) listen(event);
  }

  subscribe(listen: (event: BusEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** No other process has anything for it. */
  attend(): void {}

  leave(): void {}
}
