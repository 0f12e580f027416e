// One writer a process: whatever waits goes into one statement, at once when nobody waits (group commit). Lingering for
// more would only add to the latency: under load the statement before is the wait. What became of a batch is told while
// PostgreSQL stores the next one, so that neither waits for the other.
import { toHex } from "../../keys/public.ts";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { lookAtDatabase } from "../db/look-at-database.ts";
import { type Database, isUnavailable } from "../db/pool.ts";
import { ErrorReason, RelayError } from "../errors.ts";
import type { Bus, Moved } from "../fanout/bus.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { type Acceptance, type Decision, decide, type Stored, type UnansweredLimits } from "./decide.ts";
import { Doubts } from "./doubts.ts";
import { KnownLogs } from "./known-logs.ts";
import { MAX_BATCH, MAX_BATCH_BYTES, MAX_QUEUED_BYTES } from "./limits.ts";
import type { Candidate } from "./read-submit.ts";
import type { Rosters, RosterVersion } from "./rosters.ts";
import { appendRows, type LogMove } from "./sql/append-rows.ts";
import { selectFellows } from "./sql/select-fellows.ts";
import { type SubmitState, selectSubmitState } from "./sql/select-submit-state.ts";

/** How often a submit is decided anew when another process keeps moving its log in between. */
const MAX_ATTEMPTS = 20;

export interface WriterSetup {
  readonly database: Database;
  readonly rosters: Rosters;
  readonly bus: Bus;
  readonly clock: () => number;
  readonly unanswered: UnansweredLimits;
  readonly metrics: Metrics;
  /** Hears of errors that nobody foresaw. */
  readonly onError: (error: unknown) => void;
}

type Answer = (answer: Acceptance | RelayError) => void;

interface Waiting {
  readonly candidate: Candidate;
  readonly answer: Answer;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** How often it was decided. */
  attempts: number;
  /** An error that nobody foresaw came of its batch: it goes without the others now, and takes none of them with it. */
  isAlone: boolean;
}

/** What is to be told of a submit. */
interface Outcome {
  readonly waiting: Waiting;
  readonly decision: Decision;
}

export class Writer {
  readonly #setup: WriterSetup;
  readonly #knownLogs = new KnownLogs();
  readonly #doubts: Doubts;
  readonly #queue: Waiting[] = [];
  readonly #waitingForRoom: (() => void)[] = [];
  /** What is decided and stored, and not told yet. */
  #untold: readonly Outcome[] = [];
  #queuedBytes = 0;
  #running = false;

  constructor(setup: WriterSetup) {
    this.#setup = setup;
    this.#doubts = new Doubts({
      isBack: async () => (await lookAtDatabase(setup.database)) !== "away",
      publish: (event) => this.#publish(event),
    });
    setup.bus.subscribe((event) => {
      if (event.kind === "added") this.#knownLogs.heard(toHex(event.conversationId), event.row);
    });
    setup.metrics.queueRows.from(() => this.#queue.length);
    setup.metrics.queueBytes.from(() => this.#queuedBytes);
  }

  /** `answer` is called once: with an acceptance only after the commit. */
  submit(candidate: Candidate, answer: Answer): void {
    this.#queue.push({ candidate, answer, since: performance.now(), attempts: 0, isAlone: false });
    this.#queuedBytes += size(candidate);
    if (this.#running) return;
    this.#running = true;
    // Submits that arrived in the same turn of the event loop share the first batch.
    setImmediate(() => void this.#run());
  }

  get hasRoom(): boolean {
    return this.#queuedBytes <= MAX_QUEUED_BYTES;
  }

  /** Resolves when there is room for more: wait for it before reading on. */
  async room(): Promise<void> {
    while (!this.hasRoom) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      const began = performance.now();
      const outcomes = await this.#store(batch);
      // Where there was nothing to ask PostgreSQL, nothing was told meanwhile.
      this.#tell();
      this.#untold = outcomes;
      this.#setup.metrics.batchRows.observe(batch.length);
      this.#setup.metrics.storeSeconds.since(began);
      for (const proceed of this.#waitingForRoom.splice(0)) proceed();
      if (this.#queue.length === 0) this.#tell();
    }
    this.#running = false;
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { candidate, isAlone } of this.#queue) {
      bytes += size(candidate);
      if (count > 0 && (isAlone || count >= MAX_BATCH || bytes > MAX_BATCH_BYTES)) break;
      count += 1;
      if (isAlone) break;
    }
    const batch = this.#queue.splice(0, count);
    for (const { candidate } of batch) this.#queuedBytes -= size(candidate);
    return batch;
  }

  /** Returns what is to be told before anything else is. Whoever else is in the batch has his answer or waits again. */
  async #store(batch: readonly Waiting[]): Promise<readonly Outcome[]> {
    try {
      const { outcomes, undecided } = await this.#attempt(batch);
      this.#putBack(undecided);
      return outcomes;
    } catch (error) {
      this.#setup.onError(error);
      if (batch.length > 1 && !isUnavailable(error)) {
        for (const one of batch) one.isAlone = true;
        this.#putBack(batch);
      } else {
        for (const one of batch) this.#answer(one, RelayError.from(error));
      }
      return [];
    }
  }

  /** To where they came from, at the front: whoever came meanwhile goes into the next batch with them, behind them. */
  #putBack(undecided: readonly Waiting[]): void {
    const again: Waiting[] = [];
    for (const one of undecided) {
      one.attempts += 1;
      if (one.attempts < MAX_ATTEMPTS) again.push(one);
      else this.#answer(one, busy());
    }
    this.#queue.unshift(...again);
    for (const { candidate } of again) this.#queuedBytes += size(candidate);
  }

  /** `undecided` are to be decided anew: what they were decided by does not hold, or may not. */
  async #attempt(
    batch: readonly Waiting[],
  ): Promise<{ readonly outcomes: readonly Outcome[]; readonly undecided: readonly Waiting[] }> {
    const { database, clock, unanswered, metrics } = this.#setup;
    const candidates = batch.map(({ candidate }) => candidate);
    const states = this.#knownLogs.states(candidates);
    const fromMemory = new Set(states.keys());
    if (states.size < candidates.length) await this.#answered(this.#readStates(candidates, states));
    const rosters = await this.#setup.rosters.load(database, rostersNeeded(candidates, states));
    const long = longUnanswered(candidates, states, unanswered.strangers);
    const fellows = new Set(long.length === 0 ? [] : (await selectFellows(database, long)).map(toHex));
    const unansweredLimit = (id: Uint8Array): number =>
      fellows.has(toHex(id)) ? unanswered.fellows : unanswered.strangers;
    const { decisions, moves } = decide(candidates, states, rosters, clock(), unansweredLimit);

    const made = await this.#append(decisions, moves);
    const outcomes: Outcome[] = [];
    const undecided: Waiting[] = [];
    for (const [place, decision] of decisions.entries()) {
      const waiting = batch[place];
      if (waiting === undefined) continue;
      const { candidate, answer } = decision;
      const move = moves.get(candidate.log);
      // Where the log moved, what memory said of it was true; without that, nobody is refused by memory.
      const isSure = !(answer instanceof RelayError && fromMemory.has(place));
      const holds = move === undefined ? isSure : made.has(move);
      if (holds) {
        outcomes.push({ waiting, decision });
        continue;
      }
      if (move === undefined) this.#knownLogs.forget(candidate.log);
      undecided.push(waiting);
    }
    metrics.storeRetries.add(undecided.length);
    return { outcomes, undecided };
  }

  /** Waits for PostgreSQL, and tells meanwhile what became of the batch before. */
  async #answered<Result>(asked: Promise<Result>): Promise<Result> {
    if (this.#untold.length > 0) {
      await Promise.race([this.#setup.database.sent(), asked]).catch(() => undefined);
      this.#tell();
    }
    return await asked;
  }

  /** Answers, and lets the fan-out know, in the order of the log. */
  #tell(): void {
    const { metrics } = this.#setup;
    const outcomes = this.#untold;
    this.#untold = [];
    const now = performance.now();
    for (const { waiting, decision } of outcomes) {
      const { candidate, answer, stored } = decision;
      this.#answer(waiting, answer, now);
      if (stored === undefined) continue;
      metrics.rowsStored.add();
      metrics.storedBytes.add(size(candidate));
      this.#publish(moved(candidate, stored));
    }
  }

  #answer({ answer, since }: Waiting, given: Acceptance | RelayError, now = performance.now()): void {
    answer(given);
    this.#setup.metrics.submitSeconds.observe((now - since) / 1_000);
  }

  /** Adds the states that are missing. */
  async #readStates(candidates: readonly Candidate[], states: Map<number, SubmitState>): Promise<void> {
    const places = [...candidates.keys()].filter((place) => !states.has(place));
    const unknown = places.flatMap((place) => candidates[place] ?? []);
    const read = await selectSubmitState(
      this.#setup.database,
      unknown.map(({ header }) => ({ ...header, conversationId: header.conversation })),
    );
    for (const [index, candidate] of unknown.entries()) {
      const [place, state] = [places[index], read.get(index)];
      if (place === undefined || state === undefined) continue;
      states.set(place, state);
      this.#knownLogs.learn(candidate, state);
    }
  }

  /** What is committed stays so, even if the fan-out fails. */
  #publish(event: Moved): void {
    try {
      this.#setup.bus.publish(event);
    } catch (error) {
      this.#setup.onError(error);
    }
  }

  /** Which of the moves were made. */
  async #append(
    decisions: readonly Decision[],
    moves: ReadonlyMap<string, LogMove>,
  ): Promise<ReadonlySet<LogMove>> {
    if (moves.size === 0) return new Set();
    const rows = decisions.flatMap(({ stored }) => (stored === undefined ? [] : [stored.row]));
    try {
      const appended = await this.#answered(appendRows(this.#setup.database, [...moves.values()], rows));
      const made = new Set(appended);
      for (const [log, move] of moves) {
        if (made.has(move)) this.#knownLogs.moved(log, move);
        else if (appended === undefined) this.#knownLogs.forget(log);
        else this.#knownLogs.missed(log, move);
      }
      return made;
    } catch (error) {
      for (const log of moves.keys()) this.#knownLogs.forget(log);
      if (isUnavailable(error)) {
        this.#doubts.add(
          decisions.flatMap(({ candidate, stored }) =>
            stored === undefined ? [] : [moved(candidate, stored)],
          ),
        );
      }
      throw error;
    }
  }
}

function moved(candidate: Candidate, { row, newest, sealedFor }: Stored): Moved {
  const { header, rowHash, sender, envelope, envelopeHash, wraps } = candidate;
  const { sequence } = row;
  const { slots } = sealedFor;
  const storedAt = BigInt(row.storedAt);
  const whole = { sequence, rowHash, sender, envelope, envelopeHash, wraps, slots, storedAt };
  return {
    kind: "moved",
    conversationId: header.conversation,
    devices: newest.keys,
    row: hasExpired(row)
      ? { ...whole, stub: StubReason.EXPIRED, envelope: new Uint8Array(), wraps: [] }
      : whole,
  };
}

/** It lay in an outbox for too long. */
function hasExpired({ expiresAt, storedAt }: Stored["row"]): boolean {
  return expiresAt !== 0 && expiresAt * 1_000 <= storedAt;
}

/** Direct conversations in which one side alone has written, and that this batch makes longer than a stranger may. */
function longUnanswered(
  batch: readonly Candidate[],
  states: ReadonlyMap<number, SubmitState>,
  limit: number,
): Uint8Array[] {
  const lengths = new Map<string, { id: Uint8Array; length: number }>();
  for (const [place, candidate] of batch.entries()) {
    const state = states.get(place);
    const isDirect = state?.role === null && state.post_role === null;
    if (!isDirect || state.written_by === 3) continue;
    const { length } = lengths.get(candidate.log) ?? { length: Number(state.head) };
    lengths.set(candidate.log, { id: candidate.header.conversation, length: length + 1 });
  }
  return [...lengths.values()].filter(({ length }) => length > limit).map(({ id }) => id);
}

/** The newest roster says who is in the conversation, the one that a header names whose slice is whose. */
function rostersNeeded(
  batch: readonly Candidate[],
  states: ReadonlyMap<number, SubmitState>,
): RosterVersion[] {
  const logs = new Set<string>();
  return batch.flatMap(({ header, log }, place) => {
    const state = states.get(place);
    if (state === undefined) return [];
    const newest = state.roster_version;
    const named = BigInt(header.rosterVersion);
    const versions = logs.has(log) ? [] : [newest];
    logs.add(log);
    if (named < newest && named >= state.last_removal_version) versions.push(named);
    return versions.map((version) => ({ conversationId: header.conversation, version, log }));
  });
}

function size({ envelope, packedWraps }: Candidate): number {
  return envelope.length + packedWraps.length;
}

function busy(): RelayError {
  return new RelayError(ErrorReason.RELAY_UNAVAILABLE, "the conversation is too busy", { retryAfter: 1_000 });
}
