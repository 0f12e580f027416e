import { type FailureKind, failureKind } from "../db/pool.ts";

/** Why what is sent cannot be stored, as far as is known. */
export type StoringTrouble = "database_full" | "database_read_only" | "cannot_store";

/** One may be bad luck; so many in a row, with none in between that went well, are not. */
const FAILURES_IN_A_ROW = 3;

/** What became of the last attempts to store something. */
export class Storing {
  #trouble: StoringTrouble | undefined;
  #inARow = 0;
  #since = Number.NEGATIVE_INFINITY;

  get trouble(): StoringTrouble | undefined {
    return this.#trouble;
  }

  /** Milliseconds by the monotonic clock since something last failed. */
  get quietMs(): number {
    return performance.now() - this.#since;
  }

  /** Of a statement by which senders wait. It says nothing of a full disk: the next one may need a page more. */
  succeeded(): void {
    this.#inARow = 0;
    if (this.#trouble === "cannot_store") this.#trouble = undefined;
  }

  /** `isSubmit`: it was such a statement; of others only a full disk and a database that takes no writes count. */
  failed(error: unknown, isSubmit: boolean): void {
    const kind = failureKind(error);
    if (isSubmit && databasesFault.has(kind)) this.#inARow += 1;
    const trouble = troubles[kind] ?? (this.#inARow >= FAILURES_IN_A_ROW ? "cannot_store" : undefined);
    if (trouble === undefined) return;
    this.#trouble = trouble;
    this.#since = performance.now();
  }

  /** A trial went well: whatever was in the way has gone. */
  recovered(): void {
    this.#trouble = undefined;
    this.#inARow = 0;
  }
}

/** Who sends the same twice, or nonsense, must not make the relay look ill. */
const databasesFault: ReadonlySet<FailureKind> = new Set(["away", "timeout", "limit"]);

const troubles: Partial<Record<FailureKind, StoringTrouble>> = {
  full: "database_full",
  read_only: "database_read_only",
};
