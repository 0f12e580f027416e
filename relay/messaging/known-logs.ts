// The counter rows of the logs that were written to last, in memory, so that storing a message takes one statement. It is
// trusted only where that statement finds the counter row as it is here: its log hash speaks of every row before, of
// entries too, and its roster version of everybody who came or went. Another process may have moved it at any time.
import { extendLog, hash } from "../../keys/public.ts";
import type { CommittedRow, DeviceKey } from "../fanout/committed-row.ts";
import type { Candidate } from "./read-submit.ts";
import type { LogMove } from "./sql/append-rows.ts";
import type { SubmitState } from "./sql/select-submit-state.ts";

/** Pairs of a log and a device that writes to it. */
const MAX_KNOWN = 50_000;
/** A device that has sent one message again may have more of them: for so long each of its submits is looked up. */
const RESENDING_MS = 60_000;
/** `written_by` of a direct conversation in which both have written. */
const BOTH_SIDES = 3;

type OfSender = Pick<SubmitState, "role" | "is_opener" | "is_forsaken">;
type OfLog = Omit<SubmitState, "place" | "stored" | keyof OfSender>;

interface KnownLog {
  state: OfLog;
  readonly senders: Map<DeviceKey, OfSender>;
}

export class KnownLogs {
  /** By `Candidate.log`; those that were read last are the last. */
  readonly #logs = new Map<string, KnownLog>();
  /** Devices that sent something again, and when, by `performance.now()`; who did so last is the last. */
  readonly #resending = new Map<DeviceKey, number>();
  readonly #max: number;
  #size = 0;

  constructor(max = MAX_KNOWN) {
    this.#max = max;
  }

  /**
   * By place. Of a log of which one submit's state is not known, none: within a batch they come of one reading. That a
   * message is in its log already is not known here: who repeats himself is.
   */
  states(batch: readonly Candidate[]): Map<number, SubmitState> {
    const states = new Map<number, SubmitState>();
    const unknown = new Set<string>();
    for (const [place, { log, sender }] of batch.entries()) {
      const known = this.#logs.get(log);
      const ofSender = known?.senders.get(sender);
      if (known === undefined || ofSender === undefined || this.#isResending(sender)) unknown.add(log);
      else states.set(place, { ...known.state, ...ofSender, stored: null });
    }
    if (unknown.size > 0)
      for (const place of states.keys()) if (isOf(batch[place], unknown)) states.delete(place);
    return states;
  }

  /** What was read for the submit. */
  learn({ log, sender }: Candidate, { stored, role, is_opener, is_forsaken, ...state }: SubmitState): void {
    if (stored !== null) this.#noteResending(sender);
    const before = this.#logs.get(log);
    const isSame = before?.state.roster_version === state.roster_version && before.state.head === state.head;
    if (!isSame) this.forget(log);
    const known = isSame ? before : { state, senders: new Map<DeviceKey, OfSender>() };
    if (!known.senders.has(sender)) this.#size += 1;
    known.senders.set(sender, { role, is_opener, is_forsaken });
    this.#logs.set(log, known);
    for (const oldest of this.#logs.keys()) {
      if (this.#size <= this.#max) break;
      this.forget(oldest);
    }
  }

  /** It was stored as decided. */
  moved(log: string, { toHead, logHash, writtenBy }: LogMove): void {
    const known = this.#logs.get(log);
    if (known === undefined) return;
    known.state = { ...known.state, head: toHead, log_hash: logHash, written_by: writtenBy };
  }

  /** It did not move so, as another process had moved it: unless that was heard meanwhile, nothing is known any more. */
  missed(log: string, { fromHead }: Pick<LogMove, "fromHead">): void {
    if (this.#logs.get(log)?.state.head === fromHead) this.forget(log);
  }

  /** Another process has stored this row: what is known goes on with it, or is not known any more. */
  heard(log: string, { sequence, rowHash }: Pick<CommittedRow, "sequence" | "rowHash">): void {
    const known = this.#logs.get(log);
    if (known === undefined || sequence <= known.state.head) return;
    const { head, log_hash: logHash, written_by: writtenBy, post_role: postRole } = known.state;
    // Who wrote it is not heard, and counts until both sides of a direct conversation have written.
    if (sequence !== head + 1n || (postRole === null && writtenBy !== BOTH_SIDES)) {
      this.forget(log);
      return;
    }
    const next = extendLog({ sequence: Number(head), hash: hash(logHash) }, rowHash);
    known.state = { ...known.state, head: sequence, log_hash: next.hash };
  }

  #noteResending(sender: DeviceKey): void {
    this.#resending.delete(sender);
    this.#resending.set(sender, performance.now());
    if (this.#resending.size <= this.#max) return;
    const [longestAgo] = this.#resending.keys();
    if (longestAgo !== undefined) this.#resending.delete(longestAgo);
  }

  #isResending(sender: DeviceKey): boolean {
    if (this.#resending.size === 0) return false;
    const since = this.#resending.get(sender);
    if (since === undefined) return false;
    if (performance.now() - since < RESENDING_MS) return true;
    this.#resending.delete(sender);
    return false;
  }

  forget(log: string): void {
    this.#size -= this.#logs.get(log)?.senders.size ?? 0;
    this.#logs.delete(log);
  }
}

function isOf(candidate: Candidate | undefined, logs: ReadonlySet<string>): boolean {
  return candidate !== undefined && logs.has(candidate.log);
}
