import { status } from "@grpc/grpc-js";
import type { Counter, Histogram } from "./family.ts";
import type { Metrics } from "./metrics.ts";

/** Counts the calls of one method. */
export class CallMeter {
  readonly #codes = new Map<status, Counter>();
  readonly #metrics: Metrics;
  readonly #method: string;
  /** Of a stream it would say nothing but how long clients stay. */
  readonly #isTimed: boolean;
  #seconds: Histogram | undefined;
  #open = 0;

  constructor(
    metrics: Metrics,
    { name, methodKind }: { readonly name: string; readonly methodKind: string },
  ) {
    this.#metrics = metrics;
    this.#method = name;
    this.#isTimed = methodKind === "unary";
    metrics.callsOpen.of(name).from(() => this.#open);
  }

  /** What it returns is to be called when the call is over, and counts once. */
  began(): (code: status) => void {
    const began = performance.now();
    let isOver = false;
    this.#open += 1;
    return (code) => {
      if (isOver) return;
      isOver = true;
      this.#open -= 1;
      if (this.#isTimed) this.#timed().since(began);
      this.#counter(code).add();
    };
  }

  /** Made with the first call: there are more methods than most relays are ever called by. */
  #timed(): Histogram {
    this.#seconds ??= this.#metrics.callSeconds.of(this.#method);
    return this.#seconds;
  }

  #counter(code: status): Counter {
    const known = this.#codes.get(code);
    if (known !== undefined) return known;
    const counter = this.#metrics.calls.of(this.#method, status[code] ?? "UNKNOWN");
    this.#codes.set(code, counter);
    return counter;
  }
}
