import { toHex } from "../../keys/bytes.ts";
import type { NetError } from "./net-error.ts";
import type { Delivery, PullAnswer, Pulled } from "./relay-connection.ts";

interface PendingPull {
  readonly after: bigint;
  readonly limit: number;
  readonly deliveries: Delivery[];
  readonly resolve: (answer: PullAnswer) => void;
  readonly reject: (error: NetError) => void;
}

/**
 * Tells rows that answer a pull from rows that the relay pushes: on the wire both are deliveries. The rows of an
 * answer are dense, so the next number is the pull's and any other is a push, which may come in between. A push that
 * happens to have the next number does no harm in the answer.
 */
export class PendingPulls {
  readonly #pulls = new Map<string, PendingPull>();

  /** At most one pull for each conversation at a time. */
  add(conversationId: Uint8Array, after: bigint, limit: number): Promise<PullAnswer> {
    return new Promise((resolve, reject) => {
      this.#pulls.set(toHex(conversationId), { after, limit, deliveries: [], resolve, reject });
    });
  }

  /** Keeps what answers pulls and gives back what was pushed. */
  take(deliveries: readonly Delivery[], answers: readonly Pulled[]): Delivery[] {
    const pushed = deliveries.filter((delivery) => !this.#belongs(delivery));
    for (const pulled of answers) this.#finish(pulled);
    return pushed;
  }

  rejectAll(error: NetError): void {
    for (const pull of this.#pulls.values()) pull.reject(error);
    this.#pulls.clear();
  }

  #belongs(delivery: Delivery): boolean {
    const pull = this.#pulls.get(toHex(delivery.conversationId));
    if (pull === undefined || pull.deliveries.length >= pull.limit) return false;
    if (delivery.sequence !== pull.after + BigInt(pull.deliveries.length) + 1n) return false;
    pull.deliveries.push(delivery);
    return true;
  }

  /** Whether the rows are all that the relay says they are is for the use cases to find out. */
  #finish(pulled: Pulled): void {
    const key = toHex(pulled.conversationId);
    const pull = this.#pulls.get(key);
    this.#pulls.delete(key);
    pull?.resolve({ deliveries: pull.deliveries, pulled });
  }
}
