// One stream of Connect, from the first frame to the last.
import { setTimeout as pause } from "node:timers/promises";
import { type ConversationId, conversationId } from "../../keys/public.ts";
import type {
  Acknowledge,
  ConnectRequest,
  ConnectResponse,
  Hello,
  Pull,
  Submit,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { encoded } from "../../proto/grpc.ts";
import {
  malformed,
  RelayError,
  reasonName,
  relayUnavailable,
  tokenExpired,
  unknownConversation,
} from "../errors.ts";
import { type CommittedRow, type DeviceKey, deviceKey } from "../fanout/committed-row.ts";
import type { ConnectedDevices } from "../fanout/connected-devices.ts";
import type { DeviceStream } from "../fanout/device-stream.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Parts } from "../parts.ts";
import type { Caller, StreamCall } from "../service.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import type { Allowance, Allowances } from "./allowances.ts";
import { conversationMessage } from "./conversation-message.ts";
import type { Deadlines, Lasting } from "./deadlines.ts";
import type { Acceptance } from "./decide.ts";
import { encodeRow } from "./frames.ts";
import type { Greetings } from "./greetings.ts";
import {
  DEFAULT_PULL_ROWS,
  MAX_ANSWERS_WAITING,
  MAX_CURSORS,
  MAX_PULL_BYTES,
  MAX_PULL_ROWS,
  MAX_SUBMITS_UNDER_WAY,
} from "./limits.ts";
import { Outgoing, type OutgoingSetup } from "./outgoing.ts";
import { readSubmit } from "./read-submit.ts";
import type { Signals } from "./signals.ts";
import { selectConversations } from "./sql/select-conversations.ts";
import { selectRows } from "./sql/select-rows.ts";
import type { Storage, Stored } from "./storage.ts";
import type { Turns } from "./turns.ts";
import type { Writer } from "./writer.ts";

/** What the streams of a process share. */
export interface Shared {
  readonly parts: Pick<Parts, "database" | "clock" | "metrics">;
  readonly connected: ConnectedDevices;
  readonly writer: Writer;
  readonly acknowledgements: Acknowledgements;
  readonly signals: Signals;
  readonly allowances: Allowances;
  readonly storage: Storage;
  readonly pages: Turns;
  readonly greetings: Greetings;
  readonly deadlines: Deadlines;
  readonly helloTimeoutMs: number;
}

type Connection = StreamCall<ConnectRequest, ConnectResponse>;

/** Frames taken off the wire and not handled yet. */
const MAX_INBOX = 16;
/** The same in bytes, but for the last of them. */
const MAX_INBOX_BYTES = 256 * 1024;

export class Session implements DeviceStream, Lasting, OutgoingSetup {
  readonly #shared: Shared;
  readonly #call: Connection;
  readonly #caller: Caller;
  readonly #key: DeviceKey;
  readonly #outgoing: Outgoing;
  readonly #allowance: Allowance;
  readonly #stored: Stored;
  readonly #inbox: ConnectRequest[] = [];
  #inboxBytes = 0;
  /** When its access token runs out. */
  readonly endsAt: number;
  #untilHello: NodeJS.Timeout | undefined;
  #greeted = false;
  #restoredKnown = 0n;
  #working = false;
  #halfClosed = false;
  #leaving = false;
  #ended = false;
  #submitsUnderWay = 0;
  #waitingForSubmits: (() => void)[] = [];

  constructor(shared: Shared, call: Connection, caller: Caller) {
    this.#shared = shared;
    this.#call = call;
    this.#caller = caller;
    this.#key = deviceKey(caller.accountId, caller.deviceId);
    this.#allowance = shared.allowances.enter(caller.accountId);
    this.#stored = shared.storage.enter(caller.accountId);
    this.#outgoing = new Outgoing(this.#key, this);
    const lifetime = caller.tokenExpiresAt - shared.parts.clock();
    this.endsAt = performance.now() + lifetime;
  }

  get metrics(): Metrics {
    return this.#shared.parts.metrics;
  }

  push(id: ConversationId, row: CommittedRow): void {
    this.#outgoing.push(id, row);
  }

  signal(frame: Uint8Array): void {
    this.#outgoing.signal(frame);
  }

  oweHead(id: ConversationId): void {
    this.#outgoing.oweHead(id);
  }

  write(frame: Buffer, done: () => void): void {
    this.#call.stream.write(encoded(frame), done);
  }

  onError(error: unknown): void {
    this.end(error);
  }

  expire(): void {
    this.end(tokenExpired());
  }

  /** Attaches the listeners. Throws QUOTA_EXCEEDED. */
  start(): void {
    const { stream, over, draining } = this.#call;
    over.whenItComes(() => this.#gone());
    if (over.hasCome) {
      this.#gone();
      return;
    }
    this.#shared.connected.add(this.#key, this);
    this.#shared.parts.metrics.readers.add(this.#outgoing);
    draining.whenItComes(() => void this.#leave());
    stream.on("data", (frame) => this.#receive(frame));
    stream.on("end", () => {
      this.#halfClosed = true;
      void this.#work();
    });
    this.#shared.deadlines.add(this);
    this.#untilHello = setTimeout(() => this.end(malformed("no Hello came")), this.#shared.helloTimeoutMs);
    if (draining.hasCome) void this.#leave();
  }

  #receive(frame: ConnectRequest): void {
    this.#inbox.push(frame);
    this.#inboxBytes += bytesOf(frame);
    if (this.#inbox.length >= MAX_INBOX || this.#inboxBytes >= MAX_INBOX_BYTES) this.#call.stream.pause();
    void this.#work();
  }

  /** Frames are handled one after the other; while one waits, the client's next frames wait too. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      while (!this.#ended && !this.#leaving) {
        const frame = this.#inbox.shift();
        if (frame === undefined) break;
        this.#inboxBytes -= bytesOf(frame);
        const wait = this.#allowance.take(frame);
        if (wait > 0) {
          await pause(wait);
          if (this.#ended || this.#leaving) break;
        }
        const handling = this.#handle(frame);
        if (handling !== undefined) await handling;
        if (this.#inbox.length === 0 && this.#call.stream.isPaused()) this.#call.stream.resume();
      }
      if (this.#halfClosed && !this.#ended && !this.#leaving) await this.#finish();
    } catch (error) {
      this.end(error);
    } finally {
      this.#working = false;
    }
  }

  /** Undefined: it is done, and the next may follow at once. */
  #handle({ frame }: ConnectRequest): Promise<void> | undefined {
    if (frame.case === "hello") return this.#greet(frame.value);
    if (!this.#greeted) throw malformed("the first frame is not Hello");
    switch (frame.case) {
      case "submit":
        return this.#submit(frame.value);
      case "pull":
        return this.#pull(frame.value);
      case "acknowledge":
        return this.#acknowledge(frame.value);
      case "ping":
        this.#outgoing.say({ pong: { nonce: frame.value.nonce } });
        return undefined;
      case "signal":
        return this.#shared.signals.pass(frame.value.frame, this.#caller);
      default:
        // To pass over it would leave a newer client waiting for an answer.
        throw malformed("a frame that this relay does not know");
    }
  }

  async #greet({ live, lease, restoredKnown }: Hello): Promise<void> {
    if (this.#greeted) throw malformed("a second Hello");
    this.#greeted = true;
    this.#stopWaitingForHello();
    this.#restoredKnown = restoredKnown;
    // Before the heads are read: what is committed from now on is pushed, behind the Welcome.
    if (live) this.#shared.connected.goLive(this.#key, this, lease);
    const [heads, past] = await Promise.all([
      this.readHeads("behind"),
      this.#shared.greetings.past(this.#caller, this.#isOver),
    ]);
    const now = BigInt(this.#shared.parts.clock());
    this.#outgoing.say({ welcome: { now, heads: heads.length, ...past } });
    await this.#outgoing.sayHeads(heads);
  }

  /** To wait for what is there already would cost each message several turns of the microtask queue. */
  #submit(submit: Submit): Promise<void> | undefined {
    return this.#hasRoomForSubmit() ? this.#store(submit) : this.#storeWhenRoom(submit);
  }

  #hasRoomForSubmit(): boolean {
    return (
      this.#submitsUnderWay < MAX_SUBMITS_UNDER_WAY &&
      this.#outgoing.answersWaiting < MAX_ANSWERS_WAITING &&
      this.#allowance.hasRoomForSubmit &&
      this.#shared.writer.hasRoom
    );
  }

  async #storeWhenRoom(submit: Submit): Promise<void> {
    while (this.#submitsUnderWay >= MAX_SUBMITS_UNDER_WAY) await this.#submitAnswered();
    // Who sends and does not read his answers is not read either.
    if (this.#outgoing.answersWaiting >= MAX_ANSWERS_WAITING) await this.#outgoing.room();
    await this.#allowance.roomForSubmit();
    await this.#shared.writer.room();
    await this.#store(submit);
  }

  #store({ tag, envelope, wraps }: Submit): Promise<void> | undefined {
    try {
      this.#shared.storage.check(this.#stored);
      const candidate = readSubmit(envelope, wraps, this.#caller, this.#key);
      this.#submitsUnderWay += 1;
      this.#allowance.submitted();
      this.#shared.writer.submit(candidate, (answer) => {
        this.#submitsUnderWay -= 1;
        this.#allowance.answered();
        if (answer instanceof RelayError) this.#refuse(tag, answer);
        else this.#accept(tag, answer, envelope.length + wraps.length);
        if (this.#waitingForSubmits.length > 0) {
          for (const proceed of this.#waitingForSubmits.splice(0)) proceed();
        }
      });
      return undefined;
    } catch (error) {
      return this.#outgoing.room().then(() => this.#refuse(tag, RelayError.from(error)));
    }
  }

  #accept(tag: bigint, acceptance: Acceptance, bytes: number): void {
    this.#shared.parts.metrics.submitsAccepted.add();
    this.#stored.add(bytes);
    this.#outgoing.accept({ tag, ...acceptance });
  }

  #refuse(tag: bigint, { reason, retryAfter = 0 }: RelayError): void {
    this.#shared.parts.metrics.submitsRefused.of(reasonName(reason)).add();
    this.#outgoing.say({ refused: [{ tag, reason, retryAfterMs: BigInt(Math.ceil(retryAfter)) }] });
  }

  async #pull(pull: Pull): Promise<void> {
    const id = conversationId(pull.conversationId);
    const after = checkedSequence(pull.after);
    if (pull.limit > MAX_PULL_ROWS) throw malformed(`at most ${MAX_PULL_ROWS} rows a pull`);
    // A page is read when there is room for it: a reader that stops costs one page.
    await this.#outgoing.room();
    if (this.#ended) return;
    const { database, clock, metrics } = this.#shared.parts;
    const began = performance.now();
    const page = await this.#inTurn(() =>
      selectRows(database, {
        ...this.#caller,
        conversationId: id,
        after,
        limit: pull.limit === 0 ? DEFAULT_PULL_ROWS : pull.limit,
        maxBytes: MAX_PULL_BYTES,
        now: clock(),
      }),
    );
    metrics.pullSeconds.since(began);
    if (page === undefined) throw unknownConversation();
    metrics.pulled.add(page.rows.length);
    await this.#outgoing.room();
    this.#outgoing.deliver(
      page.rows.map((row) => ({
        row: encodeRow({
          conversationId: id,
          sequence: row.sequence,
          rowHash: row.row_hash,
          envelope: row.envelope,
          envelopeHash: row.envelope_hash,
          entry: row.entry,
          stub: row.stub,
          storedAt: row.stored_at,
        }),
        wrap: row.wrap,
      })),
    );
    const through = page.rows.at(-1)?.sequence ?? after;
    this.#outgoing.say({ pulled: [{ conversationId: id, through, head: page.head }] });
  }

  #acknowledge({ cursors }: Acknowledge): Promise<void> | undefined {
    if (cursors.length > MAX_CURSORS) throw malformed(`at most ${MAX_CURSORS} cursors a frame`);
    for (const cursor of cursors) {
      const id = conversationId(cursor.conversationId);
      this.#shared.acknowledgements.add(this.#caller, this.#key, id, checkedSequence(cursor.sequence));
    }
    return this.#shared.acknowledgements.hasRoom ? undefined : this.#shared.acknowledgements.room();
  }

  async readHeads(of: readonly ConversationId[] | "behind") {
    const { accountId, deviceId } = this.#caller;
    const rows =
      of === "behind"
        ? await this.#shared.greetings.behind(
            { accountId, deviceId, restoredKnown: this.#restoredKnown },
            this.#isOver,
          )
        : await this.#inTurn(() => selectConversations(this.#shared.parts.database, accountId, deviceId, of));
    return rows.map(conversationMessage);
  }

  readonly #isOver = (): boolean => this.#ended;

  /** First among the account's own pages, then among everybody's: a room of thousands is owed a head at once. */
  #inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    return this.#allowance.pages.take(() => this.#shared.pages.take(read));
  }

  #submitAnswered(): Promise<void> {
    return new Promise((resolve) => this.#waitingForSubmits.push(resolve));
  }

  /** Everything that the client sent is answered and stored. */
  async #settle(): Promise<void> {
    while (this.#submitsUnderWay > 0) await this.#submitAnswered();
    await this.#shared.acknowledgements.flush();
    await this.#outgoing.room();
  }

  /** The client has ended its side: a status of OK tells it that everything was done. */
  async #finish(): Promise<void> {
    await this.#settle();
    this.end();
  }

  /** The relay drains: what was taken is done, what was not is sent again elsewhere. */
  async #leave(): Promise<void> {
    this.#leaving = true;
    // When the database is away, there is nothing to wait for: what was not answered is sent again.
    await this.#settle().catch(() => undefined);
    this.end(relayUnavailable());
  }

  end(error?: unknown): void {
    if (this.#ended) return;
    this.#quit();
    this.#call.end(error);
  }

  #quit(): void {
    this.#ended = true;
    this.#inbox.length = 0;
    this.#stopWaitingForHello();
    this.#shared.deadlines.remove(this);
    this.#shared.connected.goQuiet(this.#key, this);
    this.#outgoing.close();
  }

  #stopWaitingForHello(): void {
    clearTimeout(this.#untilHello);
    this.#untilHello = undefined;
  }

  /** The call is over, whoever ended it. */
  #gone(): void {
    if (!this.#ended) this.#quit();
    this.#shared.connected.remove(this.#key, this);
    this.#shared.allowances.leave(this.#caller.accountId);
    this.#shared.storage.leave(this.#caller.accountId);
    this.#shared.parts.metrics.readers.delete(this.#outgoing);
  }
}

/** Of what can be large. */
function bytesOf({ frame }: ConnectRequest): number {
  if (frame.case === "submit") return frame.value.envelope.length + frame.value.wraps.length;
  return frame.case === "signal" ? frame.value.frame.length : 0;
}

/** Sequence numbers are exact JavaScript numbers in `keys/`. */
function checkedSequence(sequence: bigint): bigint {
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed("a sequence number that no log reaches");
  return sequence;
}
