import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { toHex } from "../../keys/bytes.ts";
import {
  type ConnectRequest,
  ConnectRequestSchema,
  type ConnectResponse,
  MessagingService,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { Acknowledger } from "./acknowledger.ts";
import type { RelayChannel } from "./channel.ts";
import { NetError } from "./net-error.ts";
import { PendingPulls } from "./pending-pulls.ts";
import type { Conversation, Cursor, RelayStream, StreamOptions, SubmitAnswer } from "./relay-connection.ts";

const WELCOME_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;
const DEFAULT_PULL_LIMIT = 200;
const MAX_PULL_LIMIT = 500;
const MAX_CURSORS = 1_000;

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: NetError) => void;
}

/** Opens the stream, says Hello, and resolves when Welcome and the heads that belong to it have come. */
export async function openRelayStream(
  channel: RelayChannel,
  accessToken: string,
  options: StreamOptions,
): Promise<RelayStream> {
  const stream = new OpenStream(channel, accessToken, options);
  await stream.welcomed;
  return stream;
}

class OpenStream implements RelayStream {
  readonly closed: Promise<NetError | undefined>;
  /** Resolves when the stream may be used; rejects with NetError. */
  readonly welcomed: Promise<void>;
  readonly heads: Conversation[] = [];
  welcome = { now: 0n, oneTimePrekeysLeft: 0, acknowledged: 0n, lapsedAt: 0n, restoredAt: 0n };

  readonly #call;
  readonly #options: StreamOptions;
  readonly #submits = new Map<bigint, Waiting<SubmitAnswer>>();
  readonly #pings = new Map<bigint, Waiting<void>>();
  readonly #pulls = new PendingPulls();
  readonly #acknowledger = new Acknowledger((cursors) => {
    for (let at = 0; at < cursors.length; at += MAX_CURSORS) {
      this.#write({ case: "acknowledge", value: { cursors: cursors.slice(at, at + MAX_CURSORS) } });
    }
  });
  readonly #pullQueues = new Map<string, Promise<unknown>>();
  #counter = 0n;
  #headsAwaited: number | undefined;
  #ready = false;
  /** Frames that came before the caller could have the stream in hand. */
  readonly #early: ConnectResponse[] = [];
  #ended: { error: NetError | undefined } | undefined;
  #closing = false;
  #settleClosed: (error: NetError | undefined) => void = () => undefined;
  #settleWelcomed: Waiting<void> = { resolve: () => undefined, reject: () => undefined };
  readonly #welcomeTimer: NodeJS.Timeout;

  constructor(channel: RelayChannel, accessToken: string, options: StreamOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.welcomed = new Promise((resolve, reject) => {
      this.#settleWelcomed = { resolve, reject };
    });
    const { call, explain } = channel.stream(MessagingService.method.connect, accessToken);
    this.#call = call;
    call.on("data", (frame: ConnectResponse) => this.#receive(frame));
    call.on("error", (error) => this.#end(explain(error)));
    call.on("end", () => this.#end(new NetError("unreachable", "the relay ended the stream")));
    this.#welcomeTimer = setTimeout(
      () =>
        this.#break(new NetError("timeout", `no answer in time from the relay at ${channel.address.url}`)),
      WELCOME_TIMEOUT_MS,
    );
    const { live, lease, restoredKnown = 0n } = options;
    this.#write({ case: "hello", value: { live, lease, restoredKnown } });
  }

  submit(envelope: Uint8Array, wraps: Uint8Array): Promise<SubmitAnswer> {
    return new Promise((resolve, reject) => {
      const tag = this.#next();
      this.#submits.set(tag, { resolve, reject });
      this.#write({ case: "submit", value: { tag, envelope, wraps } });
    });
  }

  pull(conversationId: Uint8Array, after: bigint, limit: number) {
    const wanted = limit === 0 ? DEFAULT_PULL_LIMIT : Math.min(limit, MAX_PULL_LIMIT);
    const key = toHex(conversationId);
    const before = this.#pullQueues.get(key) ?? Promise.resolve();
    const pull = before.then(() => {
      if (this.#ended !== undefined) throw this.#brokenBy(this.#ended.error);
      const answer = this.#pulls.add(conversationId, after, wanted);
      this.#write({ case: "pull", value: { conversationId, after, limit: wanted } });
      return answer;
    });
    const settled = pull.then(ignore, ignore).then(() => {
      if (this.#pullQueues.get(key) === settled) this.#pullQueues.delete(key);
    });
    this.#pullQueues.set(key, settled);
    return pull;
  }

  acknowledge(cursors: readonly Cursor[]): void {
    if (this.#ended === undefined && !this.#closing) this.#acknowledger.add(cursors);
  }

  signal(frame: Uint8Array): void {
    // What comes too late for a stream is of no use on the next.
    if (this.#ended === undefined && !this.#closing) this.#write({ case: "signal", value: { frame } });
  }

  async ping(): Promise<number> {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const nonce = this.#next();
      this.#pings.set(nonce, { resolve, reject });
      this.#write({ case: "ping", value: { nonce } });
    });
    return performance.now() - start;
  }

  /** The relay ends its side when it has taken in what was written; a relay that does not is not waited for long. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#acknowledger.flush();
    this.#closing = true;
    this.#call.end();
    const timer = setTimeout(() => this.#break(undefined), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(timer);
  }

  #next(): bigint {
    this.#counter += 1n;
    return this.#counter;
  }

  #write(frame: NonNullable<MessageInitShape<typeof ConnectRequestSchema>["frame"]>): void {
    if (this.#ended !== undefined || this.#closing) {
      this.#rejectAll(this.#brokenBy(this.#ended?.error));
      return;
    }
    this.#call.write(create(ConnectRequestSchema, { frame }) satisfies ConnectRequest);
  }

  #receive(frame: ConnectResponse): void {
    if (this.#ended !== undefined) return;
    if (this.#ready) this.#handle(frame);
    else this.#handleEarly(frame);
  }

  /** Welcome comes first, then its heads; what is pushed in between waits until the caller has the stream. */
  #handleEarly(frame: ConnectResponse): void {
    if (frame.welcome !== undefined && this.#headsAwaited === undefined) {
      const { now, oneTimePrekeysLeft, acknowledged, lapsedAt, restoredAt } = frame.welcome;
      this.welcome = { now, oneTimePrekeysLeft, acknowledged, lapsedAt, restoredAt };
      this.#headsAwaited = frame.welcome.heads;
    }
    if (this.#headsAwaited === undefined) {
      this.#break(new NetError("untrusted", "the relay did not begin with Welcome"));
      return;
    }
    const missing = this.#headsAwaited - this.heads.length;
    if (missing > 0) this.heads.push(...frame.heads.splice(0, missing));
    this.#early.push(frame);
    if (this.heads.length < this.#headsAwaited) return;
    clearTimeout(this.#welcomeTimer);
    this.#settleWelcomed.resolve();
    setImmediate(() => {
      this.#ready = true;
      for (const early of this.#early.splice(0)) this.#handle(early);
    });
  }

  #handle(frame: ConnectResponse): void {
    for (const accepted of frame.accepted) this.#settle(this.#submits, accepted.tag, { accepted });
    for (const refused of frame.refused) this.#settle(this.#submits, refused.tag, { refused });
    const pushed = this.#pulls.take(frame.deliveries, frame.pulled);
    if (pushed.length > 0) this.#options.onDeliveries?.(pushed);
    if (frame.heads.length > 0) this.#options.onHeads?.(frame.heads);
    if (frame.signals.length > 0) {
      this.#options.onSignals?.(frame.signals.map((signal) => signal.frame));
    }
    if (frame.resync) this.#options.onResync?.();
    if (frame.pong !== undefined) this.#settle(this.#pings, frame.pong.nonce, undefined);
  }

  #settle<T>(waiting: Map<bigint, Waiting<T>>, key: bigint, value: T): void {
    waiting.get(key)?.resolve(value);
    waiting.delete(key);
  }

  /** Ends the stream from this side. */
  #break(error: NetError | undefined): void {
    this.#end(error);
    this.#call.cancel();
  }

  #end(error: NetError | undefined): void {
    if (this.#ended !== undefined) return;
    const reason = this.#closing ? undefined : error;
    this.#ended = { error: reason };
    clearTimeout(this.#welcomeTimer);
    this.#acknowledger.stop();
    this.#rejectAll(this.#brokenBy(reason));
    this.#settleWelcomed.reject(this.#brokenBy(reason));
    this.#settleClosed(reason);
  }

  #rejectAll(error: NetError): void {
    for (const { reject } of [...this.#submits.values(), ...this.#pings.values()]) reject(error);
    this.#submits.clear();
    this.#pings.clear();
    this.#pulls.rejectAll(error);
  }

  #brokenBy(error: NetError | undefined): NetError {
    return error ?? new NetError("unreachable", "the stream was closed");
  }
}

function ignore(): void {}
