// How services are written: handlers that are given a checked caller, and that reject with RelayError.
import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import type { AccountId, DeviceId } from "../keys/public.ts";
import type { Moment } from "./moment.ts";

/** The device that calls: its access token is valid, and it is active in its account chain. */
export interface Caller {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Milliseconds since 1970. */
  readonly tokenExpiresAt: number;
}

export interface Call {
  /** Where it comes from, for rate limits only: an address without its port; IPv6 cut to its /64. */
  readonly address: string;
}

interface OpenCall<Stream> extends Call {
  /** When the call is over, whoever ended it. */
  readonly over: Moment;
  /** Copy what outlives a `data` event: bytes are views of the wire buffer. When `write` gives false, wait for `drain`. */
  readonly stream: Stream;
  /** When the relay drains: finish what is under way, then `end(relayUnavailable())`. */
  readonly draining: Moment;
  /** Ends the stream behind what was written: well, or with whatever `RelayError.from` makes of `error`. */
  end(error?: unknown): void;
}

/** A stream that a device has opened; nothing of it was read yet. */
export type StreamCall<Request, Response> = OpenCall<ServerDuplexStream<Request, Response>>;

/** A request that is answered by a stream. */
export type WatchCall<Request, Response> = OpenCall<ServerWritableStream<Request, Response>>;

interface ForAnybody<I extends DescMessage, O extends DescMessage> {
  readonly access: "anybody";
  readonly handle: (request: MessageShape<I>, call: Call) => Promise<MessageInitShape<O>>;
}

interface ForDevices<I extends DescMessage, O extends DescMessage> {
  readonly access: "devices";
  readonly handle: (request: MessageShape<I>, caller: Caller, call: Call) => Promise<MessageInitShape<O>>;
}

interface StreamForAnybody<I extends DescMessage, O extends DescMessage> {
  readonly access: "anybody";
  /** Attaches its listeners. A rejection ends the stream. */
  readonly handle: (call: StreamCall<MessageShape<I>, MessageShape<O>>) => Promise<void> | void;
}

interface WatchForAnybody<I extends DescMessage, O extends DescMessage> {
  readonly access: "anybody";
  /** Attaches its listeners. A rejection ends the stream. */
  readonly handle: (call: WatchCall<MessageShape<I>, MessageShape<O>>) => Promise<void> | void;
}

interface StreamForDevices<I extends DescMessage, O extends DescMessage> {
  readonly access: "devices";
  /** Attaches its listeners. A rejection ends the stream. */
  readonly handle: (
    call: StreamCall<MessageShape<I>, MessageShape<O>>,
    caller: Caller,
  ) => Promise<void> | void;
}

interface WatchForDevices<I extends DescMessage, O extends DescMessage> {
  readonly access: "devices";
  /** Attaches its listeners. A rejection ends the stream. */
  readonly handle: (
    call: WatchCall<MessageShape<I>, MessageShape<O>>,
    caller: Caller,
  ) => Promise<void> | void;
}

/** One entry for each method of a service. */
export type Handlers<Description extends DescService> = {
  readonly [Name in keyof Description["method"]]: Description["method"][Name] extends DescMethodUnary<
    infer I,
    infer O
  >
    ? ForAnybody<I, O> | ForDevices<I, O>
    : Description["method"][Name] extends DescMethodBiDiStreaming<infer I, infer O>
      ? StreamForAnybody<I, O> | StreamForDevices<I, O>
      : Description["method"][Name] extends DescMethodServerStreaming<infer I, infer O>
        ? WatchForAnybody<I, O> | WatchForDevices<I, O>
        : never;
};

/** A service with its handlers, for `startServer`. Made by `service`, which checks that the two fit. */
export interface Service {
  readonly description: DescService;
  readonly handlers: Readonly<Record<string, UnaryHandler | StreamHandler | WatchHandler>>;
}

export type UnaryHandler = ForAnybody<DescMessage, DescMessage> | ForDevices<DescMessage, DescMessage>;
export type StreamHandler =
  | StreamForAnybody<DescMessage, DescMessage>
  | StreamForDevices<DescMessage, DescMessage>;
export type WatchHandler =
  | WatchForAnybody<DescMessage, DescMessage>
  | WatchForDevices<DescMessage, DescMessage>;

export function service<Description extends DescService>(
  description: Description,
  handlers: Handlers<Description>,
): Service {
  return { description, handlers: handlers as unknown as Service["handlers"] };
}
