// One device at the relay: its stream, the logs that it follows, and what it sends.
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { openStream } from "./connection.ts";
import type { Sequence, SequenceFaults } from "./sequence.ts";
import {
  acknowledgeFrame,
  type FrameListener,
  FrameReader,
  fillSubmit,
  helloFrame,
  pingFrame,
  pullFrame,
  type SubmitTemplate,
  shortId,
} from "./wire.ts";

const CONNECT_PATH = "/sotto.relay.v1.MessagingService/Connect";
const PULL_LIMIT = 200;

/** A conversation as one device sees it. */
export interface Log {
  readonly conversationId: Uint8Array;
  readonly sequence: Sequence;
  /** Absent: it only reads. */
  readonly template?: SubmitTemplate;
  acknowledged: number;
}

/** What all devices of the load tell. */
export interface Tally extends SequenceFaults {
  pulls: number;
  resyncs: number;
  refused: Record<number, number>;
  ended: Record<string, number>;
  /** Streams that ended before they were live. */
  failed: Record<string, number>;
}

export interface DeviceEvents {
  accepted(device: LoadDevice, counter: number, sequence: number): void;
  /** A row that this device did not send itself. */
  delivered(device: LoadDevice, counter: number, sequence: number): void;
}

export class LoadDevice implements FrameListener {
  readonly logs: readonly Log[];
  readonly #byId: Map<number, Log>;
  readonly #tally: Tally;
  readonly #events: DeviceEvents;
  readonly #reader = new FrameReader();
  #stream: ClientHttp2Stream | undefined;
  #welcome: PromiseWithResolvers<void> | undefined;
  #isCutOff = false;
  #pong: PromiseWithResolvers<void> | undefined;
  readonly token: string;
  readonly #wrapMark: number;
  /** Sent and not answered. */
  underWay = 0;
  /** Which of its conversations is next. */
  turn = 0;
  lease = 0;
  /** Something to acknowledge. */
  behind = false;
  live = false;

  constructor(token: string, wrapMark: number, logs: readonly Log[], tally: Tally, events: DeviceEvents) {
    this.token = token;
    this.#wrapMark = wrapMark;
    this.logs = logs;
    this.#byId = new Map(logs.map((log) => [shortId(log.conversationId), log]));
    if (this.#byId.size < logs.length) throw new Error("two conversations with one short id");
    this.#tally = tally;
    this.#events = events;
  }

  /** Resolves at Welcome. */
  async connect(session: ClientHttp2Session, onEnd: (why: string) => void = () => undefined): Promise<void> {
    const welcome = Promise.withResolvers<void>();
    this.#welcome = welcome;
    this.#stream = openStream(session, {
      path: CONNECT_PATH,
      token: this.token,
      onMessage: (bytes, from, end) => this.#reader.read(bytes, from, end, this),
      onEnd: (why) => {
        const [wasLive, { ended, failed }] = [this.live, this.#tally];
        if (this.#isCutOff) this.#isCutOff = false;
        else if (wasLive) ended[why] = (ended[why] ?? 0) + 1;
        else failed[why] = (failed[why] ?? 0) + 1;
        this.live = false;
        this.#stream = undefined;
        welcome.reject(new Error(why));
        this.#pong?.reject(new Error(why));
        onEnd(why);
      },
    });
    this.lease += 1;
    this.#stream.write(helloFrame(true, this.lease));
    await welcome.promise;
  }

  /** Its connection is gone by our own doing. */
  cutOff(): void {
    if (this.#stream === undefined) return;
    this.#isCutOff = true;
    this.live = false;
  }

  /** Ends quietly. */
  disconnect(): void {
    this.live = false;
    this.#stream?.close();
  }

  /** Stops reading, or reads on. */
  pause(paused: boolean): void {
    if (paused) this.#stream?.pause();
    else this.#stream?.resume();
  }

  submit(log: Log, counter: number): void {
    if (log.template === undefined) throw new Error("a reader does not send");
    this.underWay += 1;
    this.#stream?.write(fillSubmit(log.template, counter));
  }

  ping(): Promise<void> {
    this.#pong = Promise.withResolvers();
    this.#stream?.write(pingFrame(1));
    return this.#pong.promise;
  }

  acknowledge(): void {
    this.behind = false;
    const cursors = [];
    for (const log of this.logs) {
      const { last } = log.sequence;
      if (last <= log.acknowledged) continue;
      log.acknowledged = last;
      cursors.push({ conversationId: log.conversationId, sequence: last });
    }
    if (cursors.length > 0) this.#stream?.write(acknowledgeFrame(cursors));
  }

  #pull(log: Log): void {
    if (log.sequence.pulling) return;
    log.sequence.pulling = true;
    this.#tally.pulls += 1;
    this.#stream?.write(pullFrame(log.conversationId, log.sequence.last, PULL_LIMIT));
  }

  welcome(): void {
    this.live = true;
    for (const log of this.logs) log.sequence.pulling = false;
    this.#welcome?.resolve();
  }

  accepted(counter: number, sequence: number): void {
    this.underWay -= 1;
    this.#events.accepted(this, counter, sequence);
  }

  refused(_counter: number, reason: number): void {
    this.underWay -= 1;
    this.#tally.refused[reason] = (this.#tally.refused[reason] ?? 0) + 1;
  }

  delivery(id: number, sequence: number, counter: number, wrap: number): void {
    const log = this.#byId.get(id);
    if (log === undefined) throw new Error("a row of a conversation that this device is not in");
    const verdict = log.sequence.take(sequence);
    if (verdict === "gap") this.#pull(log);
    if (verdict !== "next") return;
    this.behind = true;
    if (counter >= 0 && wrap !== this.#wrapMark) this.#tally.unsealed += 1;
    if (counter >= 0) this.#events.delivered(this, counter, sequence);
  }

  pulled(id: number, through: number, head: number): void {
    const log = this.#byId.get(id);
    if (log?.sequence.pulled(through, head)) this.#pull(log);
  }

  head(id: number, head: number): void {
    const log = this.#byId.get(id);
    if (log === undefined) return;
    if (head > log.sequence.head) log.sequence.head = head;
    if (log.sequence.last < log.sequence.head) this.#pull(log);
  }

  resync(): void {
    this.#tally.resyncs += 1;
  }

  pong(): void {
    this.#pong?.resolve();
  }
}
