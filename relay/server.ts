// gRPC to handlers and back: who calls is checked before a handler runs, and no failure of one kills the process.
import { randomBytes } from "node:crypto";
import { create, type DescMethod } from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  logVerbosity,
  type Metadata,
  Server,
  type ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  setLogger,
  setLogVerbosity,
  status,
} from "@grpc/grpc-js";
import { serviceDefinition } from "../proto/grpc.ts";
import type { Authenticate } from "./auth/authenticate.ts";
import { CallLimits } from "./call-limits.ts";
import {
  ErrorReason,
  malformed,
  RelayError,
  reasonName,
  relayUnavailable,
  StatusError,
  toStatus,
} from "./errors.ts";
import { hasTooManyFields } from "./guard/fields.ts";
import { http2ServersOf, setBacklog, setHttp2Options } from "./guard/grpc-http2.ts";
import { Guard } from "./guard/guard.ts";
import { defaultGuardLimits, type GuardLimits } from "./guard/limits.ts";
import {
  type CallRates,
  CONNECTION_WINDOW_BYTES,
  CONNECTIONS_WAITING,
  defaultRates,
  http2Options,
  MAX_STRANGERS_REQUEST_BYTES,
  serverOptions,
} from "./limits.ts";
import { SeldomLog } from "./log-seldom.ts";
import { describeError, type Logger } from "./logger.ts";
import { CallMeter } from "./metrics/call-meter.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { Moment } from "./moment.ts";
import { peerAddress } from "./peer-address.ts";
import type {
  Call,
  Caller,
  Service,
  StreamCall,
  StreamHandler,
  UnaryHandler,
  WatchHandler,
} from "./service.ts";

export interface ServerSetup {
  readonly services: readonly Service[];
  readonly host: string;
  readonly port: number;
  readonly credentials: ServerCredentials;
  /** Take the client's address from `x-forwarded-for`, which the proxy in front of us writes. */
  readonly behindProxy: boolean;
  /** Rejects with RelayError. */
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly guard?: Partial<GuardLimits> | undefined;
  readonly callRates?: Partial<CallRates> | undefined;
}

export interface RunningServer {
  readonly port: number;
  /** Takes no new calls, lets those under way come to their end for `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
}

/** Rejects with the system's error when it cannot listen. */
export async function startServer(setup: ServerSetup): Promise<RunningServer> {
  redirectGrpcLog(setup.log);
  const server = new Server(serverOptions);
  setHttp2Options(server, http2Options);
  setBacklog(server, CONNECTIONS_WAITING);
  const gate = new Gate(setup);
  for (const service of setup.services) {
    const { description, handlers } = service;
    const wired = Object.entries(description.method).map(([name, method]) => [
      name,
      gate.wire(method, handlers[name]),
    ]);
    server.addService(readWithCare(service), Object.fromEntries(wired));
  }
  const host = setup.host.includes(":") ? `[${setup.host}]` : setup.host;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${setup.port}`, setup.credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const { metrics } = setup;
  const guard = new Guard({
    limits: { ...defaultGuardLimits, ...setup.guard },
    behindProxy: setup.behindProxy,
    calls: pathsOfCalls(setup.services),
    refused: (reason) => metrics.connectionsRefused.of(reason),
  });
  guard.protect(server);
  for (const http2Server of http2ServersOf(server)) {
    http2Server.on("session", (session) => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
  }
  const uncount = metrics.connectionsOpen.from(() => guard.connections);
  return {
    port,
    drain: async (graceMs) => {
      gate.close();
      const calm = Promise.withResolvers<void>();
      server.tryShutdown(() => calm.resolve());
      const timer = setTimeout(() => {
        server.forceShutdown();
        // Without its notes on connections, grpc-js does not find them.
        guard.cutAll();
        // Of a connection that came to nothing, as TLS by mistake does, grpc-js may not know: it would be waited for.
        calm.resolve();
      }, graceMs);
      await calm.promise;
      clearTimeout(timer);
      guard.close();
      uncount();
    },
  };
}

function pathsOfCalls(services: readonly Service[]): Set<string> {
  const methods = services.flatMap(({ description }) => Object.values(serviceDefinition(description)));
  return new Set(methods.filter(({ responseStream }) => !responseStream).map(({ path }) => path));
}

/** grpc-js would write to the console. What it says may quote addresses and metadata: that it spoke must do. */
function redirectGrpcLog(log: Logger): void {
  setLogVerbosity(logVerbosity.ERROR);
  const complain = (): void => log.warn("grpc-js reported an error");
  setLogger({ error: complain, info: () => undefined, debug: () => undefined });
}

/** Stands for a request that is not the message it should be. */
const garbage = Symbol("garbage");

/**
 * Nothing is made of a request that is too large for who may send it. And grpc-js answers INTERNAL to what it cannot
 * decode; that is the client's fault, so our handlers say it. A stream ends by such a frame.
 */
function readWithCare({ description, handlers }: Service): ReturnType<typeof serviceDefinition> {
  return Object.fromEntries(
    Object.entries(serviceDefinition(description)).map(([name, method]) => {
      const input = description.method[name]?.input;
      const mostBytes =
        handlers[name]?.access === "anybody" ? MAX_STRANGERS_REQUEST_BYTES : Number.MAX_SAFE_INTEGER;
      const read = (bytes: Buffer): unknown => {
        if (bytes.length > mostBytes || input === undefined || hasTooManyFields(input, bytes)) {
          throw new Error("too large");
        }
        return method.requestDeserialize(bytes);
      };
      const readOrGarbage = (bytes: Buffer): unknown => {
        try {
          return read(bytes);
        } catch {
          return garbage;
        }
      };
      return [name, { ...method, requestDeserialize: method.requestStream ? read : readOrGarbage }];
    }),
  );
}

function notThisMethods(): RelayError {
  return malformed("not a request of this method");
}

/** What every call goes through. */
class Gate {
  readonly #setup: ServerSetup;
  readonly #limits: CallLimits;
  /** When each of them hears that the relay drains. */
  readonly #streams = new Set<Moment>();
  readonly #databaseAway: SeldomLog;
  #draining = false;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
    this.#databaseAway = new SeldomLog(setup.log);
    this.#limits = new CallLimits({ ...defaultRates, ...setup.callRates }, setup.metrics);
  }

  close(): void {
    this.#draining = true;
    for (const draining of this.#streams) draining.come();
  }

  wire(method: DescMethod, handler: Service["handlers"][string] | undefined) {
    if (handler === undefined) throw new Error(`no handler for ${method.name}`);
    // `service` has checked that each handler is of its method's kind.
    if (method.methodKind === "unary") return this.#unary(method, handler as UnaryHandler);
    return method.methodKind === "server_streaming"
      ? this.#watch(method, handler as WatchHandler)
      : this.#stream(method, handler as StreamHandler);
  }

  #unary(method: DescMethod, { access, handle }: UnaryHandler): handleUnaryCall<unknown, unknown> {
    const meter = new CallMeter(this.#setup.metrics, method);
    return (call, callback) => {
      const count = meter.began();
      const answer = async (): Promise<unknown> => {
        if (this.#draining) throw relayUnavailable();
        if (call.request === garbage) throw notThisMethods();
        const info: Call = { address: this.#address(call) };
        this.#limits.fromAddress(info.address);
        const request = call.request as never;
        const response =
          access === "anybody"
            ? await handle(request, info)
            : await handle(request, await this.#caller(method, call), info);
        return create(method.output, response);
      };
      answer().then(
        (response) => {
          count(status.OK);
          callback(null, response);
        },
        (error: unknown) => {
          const refusal = this.#statusOf(method, error);
          count(refusal.code);
          callback(refusal);
        },
      );
    };
  }

  #stream(method: DescMethod, { access, handle }: StreamHandler): handleBidiStreamingCall<never, never> {
    const meter = new CallMeter(this.#setup.metrics, method);
    return (stream) =>
      this.#open({ method, meter }, stream, async () => {
        if (access === "anybody") return (call) => handle({ ...call, stream });
        const caller = await this.#caller(method, stream);
        return (call) => handle({ ...call, stream }, caller);
      });
  }

  #watch(method: DescMethod, { access, handle }: WatchHandler): handleServerStreamingCall<never, never> {
    const meter = new CallMeter(this.#setup.metrics, method);
    return (stream) =>
      this.#open({ method, meter }, stream, async () => {
        const isGarbage = (stream.request as unknown) === garbage;
        if (access === "anybody") {
          if (isGarbage) throw notThisMethods();
          return (call) => handle({ ...call, stream });
        }
        const caller = await this.#caller(method, stream);
        if (isGarbage) throw notThisMethods();
        return (call) => handle({ ...call, stream }, caller);
      });
  }

  /** `admit` rejects for who may not call, and gives what is done with the open stream. */
  #open(
    { method, meter }: { readonly method: DescMethod; readonly meter: CallMeter },
    stream: ServerDuplexStream<never, never> | ServerWritableStream<never, never>,
    admit: () => Promise<(call: Omit<StreamCall<never, never>, "stream">) => Promise<void> | void>,
  ): void {
    const over = new Moment();
    // One for each stream: what listens to it goes with the stream.
    const draining = new Moment();
    const count = meter.began();
    let ended = false;
    const end = (error?: unknown): void => {
      if (ended) return;
      ended = true;
      const refusal = error === undefined ? undefined : this.#statusOf(method, error);
      count(refusal?.code ?? status.OK);
      if (refusal === undefined) stream.end();
      else stream.emit("error", refusal);
    };
    over.whenItComes(() => count(status.CANCELLED));
    // Both of grpc-js's own doing too: a frame it cannot decode, a client that went away.
    const isOver = (): void => over.come();
    stream.on("cancelled", isOver);
    stream.on("close", isOver);
    const open = async (): Promise<void> => {
      const address = this.#address(stream);
      this.#limits.fromAddress(address);
      const handle = await admit();
      if (this.#draining) throw relayUnavailable();
      if (over.hasCome || stream.cancelled) return;
      this.#streams.add(draining);
      over.whenItComes(() => this.#streams.delete(draining));
      await handle({ address, over, draining, end });
    };
    open().catch(end);
  }

  async #caller(method: DescMethod, call: { metadata: Metadata; cancelled: boolean }): Promise<Caller> {
    const caller = await this.#setup.authenticate(call.metadata, () => call.cancelled);
    // It would stay in memory as long as the stream.
    call.metadata.remove("authorization");
    this.#limits.byAccount(caller.accountId, method.name);
    return caller;
  }

  #address(call: { getPeer(): string; metadata: Metadata }): string {
    return peerAddress(call.getPeer(), this.#setup.behindProxy ? call.metadata.get("x-forwarded-for") : []);
  }

  #statusOf(method: DescMethod, error: unknown) {
    return error instanceof StatusError ? error.status : toStatus(this.#report(method, error));
  }

  /** The client learns nothing of an unforeseen error but a number, under which the log has more. */
  #report(method: DescMethod, unknown: unknown): RelayError {
    const { metrics } = this.#setup;
    const error = RelayError.from(unknown);
    metrics.callsRefused.of(reasonName(error.reason)).add();
    if (error.reason === ErrorReason.RELAY_UNAVAILABLE && error.cause !== undefined) {
      const describe = () => ({ method: method.name, ...describeError(error.cause) });
      this.#databaseAway.warn(describe, "the database is away");
    }
    if (error.reason !== ErrorReason.INTERNAL) return error;
    metrics.incidents.add();
    const incident = randomBytes(4).toString("hex");
    this.#setup.log.error({ incident, method: method.name, ...describeError(unknown) }, "unforeseen error");
    return new RelayError(ErrorReason.INTERNAL, `internal error, incident ${incident}`);
  }
}
