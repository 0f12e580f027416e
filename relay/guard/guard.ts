// Stands before grpc-js: what is refused here has cost no handler, no token check and no statement.
import {
  constants,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { type Server, status } from "@grpc/grpc-js";
import { ERROR_REASON_KEY, RETRY_AFTER_KEY } from "../../proto/grpc.ts";
import type { Counter } from "../metrics/family.ts";
import { peerAddress } from "../peer-address.ts";
import { type Connection, Connections } from "./connections.ts";
import { http2ServersOf } from "./grpc-http2.ts";
import { Incoming } from "./incoming.ts";
import { type GuardLimits, SWEEP_MS } from "./limits.ts";

export interface GuardSetup {
  readonly limits: GuardLimits;
  readonly behindProxy: boolean;
  /** Paths of the methods that answer once. */
  readonly calls: ReadonlySet<string>;
  /** By reason: what was refused, and which connections were closed. */
  readonly refused: (reason: string) => Counter;
}

/** A call or stream under way. */
interface Request {
  readonly stream: ServerHttp2Stream;
  readonly address: string;
  readonly isCall: boolean;
  readonly since: number;
  readonly incoming: Incoming;
  /** Since when a message is on its way that has not arrived whole. */
  unfinishedSince: number | undefined;
  answeredAt: number | undefined;
}

type Refusal = readonly [code: status, message: string, reason?: string, retryAfterMs?: number];

const TOO_MANY: Refusal = [status.RESOURCE_EXHAUSTED, "too many calls at once", "rate_limited", 1_000];
const LONG_HEADERS: Refusal = [status.RESOURCE_EXHAUSTED, "the headers are too long"];
const COMPRESSED: Refusal = [status.UNIMPLEMENTED, "messages must not be compressed"];

export class Guard {
  readonly #setup: GuardSetup;
  readonly #connections: Connections;
  readonly #sessions = new WeakMap<Http2Session, Connection>();
  readonly #requests = new Set<Request>();
  readonly #ofAddress = new Map<string, { requests: number; unfinishedBytes: number }>();
  #unfinishedBytes = 0;
  readonly #everyMs: number;
  #sweptAt = performance.now();
  readonly #sweep: NodeJS.Timeout;

  constructor(setup: GuardSetup) {
    this.#setup = setup;
    this.#connections = new Connections(setup.limits, {
      countAddresses: !setup.behindProxy,
      onRefused: (reason) => setup.refused(reason).add(),
    });
    const { firstCallMs, messageMs, callMs, afterAnswerMs } = setup.limits;
    this.#everyMs = Math.min(SWEEP_MS, firstCallMs, messageMs, callMs, afterAnswerMs);
    this.#sweep = setInterval(() => this.#endWhatTakesTooLong(), this.#everyMs).unref();
  }

  get connections(): number {
    return this.#connections.count;
  }

  /** Of a server that has just begun to listen. */
  protect(server: Server): void {
    for (const http2Server of http2ServersOf(server)) this.#standBefore(http2Server);
  }

  /** Cuts all connections, whatever is under way on them. */
  cutAll(): void {
    this.#connections.cutAll();
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #standBefore(server: Http2Server): void {
    const accept = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      if (!this.#connections.admit(socket)) return;
      for (const listener of accept) listener.call(server, socket);
    });
    server.on("session", (session) => {
      const connection = session.socket && this.#connections.find(session.socket);
      if (connection !== undefined) this.#sessions.set(session, connection);
    });
    const handle = server.listeners("stream");
    server.removeAllListeners("stream");
    server.on(
      "stream",
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => {
        const request = this.#admit(stream, headers, raw);
        if (request === undefined) return;
        for (const listener of handle) listener.call(server, stream, headers, flags, raw);
        this.#follow(request);
      },
    );
  }

  #admit(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    raw: readonly string[],
  ): Request | undefined {
    const { limits, behindProxy, calls } = this.#setup;
    const connection = stream.session && this.#sessions.get(stream.session);
    if (connection === undefined) return void stream.close(constants.NGHTTP2_REFUSED_STREAM);
    this.#connections.speaks(connection);
    const forwarded = behindProxy ? headers["x-forwarded-for"] : undefined;
    const address =
      forwarded === undefined ? connection.address : peerAddress(connection.address, [String(forwarded)]);
    const ofAddress = this.#ofAddress.get(address) ?? { requests: 0, unfinishedBytes: 0 };
    if (this.#requests.size >= limits.streams) return this.#refuse(stream, "too_many_streams", TOO_MANY);
    if (ofAddress.requests >= limits.streamsPerAddress) {
      return this.#refuse(stream, "too_many_streams_of_address", TOO_MANY);
    }
    // nghttp2 itself stops at 64 KiB, whatever size was announced.
    if (raw.reduce((sum, word) => sum + word.length, 0) > limits.headerBytes) {
      return this.#refuse(stream, "long_headers", LONG_HEADERS);
    }
    if ((headers["grpc-encoding"] ?? "identity") !== "identity") {
      return this.#refuse(stream, "compressed", COMPRESSED);
    }
    connection.requests += 1;
    ofAddress.requests += 1;
    this.#ofAddress.set(address, ofAddress);
    const isCall = calls.has(String(headers[constants.HTTP2_HEADER_PATH]));
    const since = performance.now();
    const request: Request = {
      stream,
      address,
      isCall,
      since,
      incoming: new Incoming(),
      unfinishedSince: undefined,
      answeredAt: undefined,
    };
    this.#requests.add(request);
    stream.once("close", () => {
      this.#requests.delete(request);
      this.#hold(request, -request.incoming.held);
      connection.requests -= 1;
      ofAddress.requests -= 1;
      if (ofAddress.requests === 0) this.#ofAddress.delete(address);
    });
    return request;
  }

  /** grpc-js has put its listeners on the stream, or has answered. */
  #follow(request: Request): void {
    const { stream, incoming } = request;
    stream.once("finish", () => {
      request.answeredAt = performance.now();
    });
    // What nobody reads must not be read here.
    if (stream.listenerCount("data") === 0) return;
    stream.on("data", (piece: Buffer) => {
      const before = incoming.held;
      if (request.answeredAt !== undefined) return;
      incoming.read(piece);
      if (incoming.held === before) return;
      request.unfinishedSince =
        incoming.held === 0 ? undefined : (request.unfinishedSince ?? performance.now());
      this.#hold(request, incoming.held - before);
    });
  }

  #hold({ stream, address }: Request, more: number): void {
    const ofAddress = this.#ofAddress.get(address);
    this.#unfinishedBytes += more;
    if (ofAddress === undefined) return;
    ofAddress.unfinishedBytes += more;
    const { limits } = this.#setup;
    const isTooMuch =
      this.#unfinishedBytes > limits.unfinishedBytes ||
      ofAddress.unfinishedBytes > limits.unfinishedBytesPerAddress;
    if (more > 0 && isTooMuch) this.#cut(stream, "unfinished_bytes");
  }

  #endWhatTakesTooLong(): void {
    const now = performance.now();
    const { limits } = this.#setup;
    // When it is us who are late, as while thousands come back at once, nobody is blamed for it.
    const isLate = now - this.#sweptAt > 2 * this.#everyMs;
    this.#sweptAt = now;
    if (isLate) return;
    this.#connections.sweep(now);
    for (const { stream, isCall, since, unfinishedSince = now, answeredAt = now } of this.#requests) {
      if (now - unfinishedSince >= limits.messageMs) this.#cut(stream, "slow_message");
      else if (isCall && now - since >= limits.callMs) this.#cut(stream, "slow_call");
      else if (now - answeredAt >= limits.afterAnswerMs) stream.close(constants.NGHTTP2_NO_ERROR);
    }
  }

  #cut(stream: ServerHttp2Stream, reason: string): void {
    if (stream.closed) return;
    this.#setup.refused(reason).add();
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #refuse(
    stream: ServerHttp2Stream,
    counted: string,
    [code, message, reason, retryAfterMs]: Refusal,
  ): undefined {
    this.#setup.refused(counted).add();
    // A client that goes away meanwhile is no news.
    stream.on("error", () => undefined);
    stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc+proto",
        "grpc-status": code,
        "grpc-message": encodeURI(message),
        ...(reason !== undefined && { [ERROR_REASON_KEY]: reason }),
        ...(retryAfterMs !== undefined && { [RETRY_AFTER_KEY]: retryAfterMs }),
      },
      { endStream: true },
    );
    return undefined;
  }
}
