import { createSecureContext } from "node:tls";
import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  connectivityState,
  credentials,
  logVerbosity,
  Metadata,
  setLogger,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { callUnary, openServerStream, openStream } from "../../proto/grpc.ts";
import { NetError } from "./net-error.ts";
import { pinnedCredentials } from "./pinned-credentials.ts";
import type { RelayAddress } from "./relay-address.ts";
import { netErrorFrom } from "./service-error.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 15_000;
const RECEIVE_LIMIT_BYTES = 2 * 1024 * 1024;

const options = {
  "grpc.enable_http_proxy": 0, // it would go through a proxy even to localhost
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_receive_message_length": RECEIVE_LIMIT_BYTES,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.service_config_disable_resolution": 1, // no TXT look-ups
  "grpc.enable_channelz": 0,
} as const;

export interface ChannelLimits {
  readonly connectTimeout?: number;
  readonly callTimeout?: number;
}

interface Stream<Call> {
  readonly call: Call;
  /** Whatever `call` ended with, as a NetError. */
  explain(error: unknown): NetError;
}

/** One HTTP/2 connection to a relay; it dials at the first call. All of a process's calls and streams share one. */
export interface RelayChannel {
  readonly address: RelayAddress;
  /** Rejects with NetError, and always settles: unreachable within seconds, timeout after the deadline. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    accessToken?: string,
  ): Promise<MessageShape<O>>;
  /** A stream has no deadline, but it is cancelled when there is no connection within seconds. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    accessToken: string,
  ): Stream<ClientDuplexStream<MessageShape<I>, MessageShape<O>>>;
  /** The same for what a relay streams in answer to one request. */
  watch<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    accessToken: string,
  ): Stream<ClientReadableStream<MessageShape<O>>>;
  close(): void;
}

export function openChannel(address: RelayAddress, limits: ChannelLimits = {}): RelayChannel {
  setLogVerbosity(logVerbosity.NONE);
  setLogger({ error: ignore, info: ignore, debug: ignore });
  const client = new Client(address.target, credentialsFor(address), options);
  const connectTimeout = limits.connectTimeout ?? CONNECT_TIMEOUT_MS;
  const callTimeout = limits.callTimeout ?? CALL_TIMEOUT_MS;

  const noAnswer = () => new NetError("unreachable", `no relay answers at ${address.url}`);

  /** Calls `giveUp` if there is no connection within seconds: a host that swallows packets refuses nothing. */
  function watchConnecting(giveUp: () => void): () => void {
    const timer = setTimeout(() => {
      if (client.getChannel().getConnectivityState(false) !== connectivityState.READY) giveUp();
    }, connectTimeout);
    return () => clearTimeout(timer);
  }

  function watched<Call extends ClientReadableStream<unknown>>(call: Call): Stream<Call> {
    let connected = true;
    const stopWatching = watchConnecting(() => {
      connected = false;
      call.cancel();
    });
    call.once("close", stopWatching);
    return { call, explain: (error) => (connected ? netErrorFrom(error, address.url) : noAnswer()) };
  }

  return {
    address,
    async unary(method, request, accessToken) {
      const abort = new AbortController();
      const stopWatching = watchConnecting(() => abort.abort());
      try {
        const deadline = Date.now() + callTimeout;
        const signal = abort.signal;
        return await callUnary(client, method, request, credentialsOf(accessToken), { deadline, signal });
      } catch (error) {
        throw abort.signal.aborted ? noAnswer() : netErrorFrom(error, address.url);
      } finally {
        stopWatching();
      }
    },
    stream: (method, accessToken) => watched(openStream(client, method, credentialsOf(accessToken))),
    watch: (method, request, accessToken) =>
      watched(openServerStream(client, method, request, credentialsOf(accessToken))),
    close: () => client.close(),
  };
}

function credentialsFor({ secure, pin, host }: RelayAddress): ChannelCredentials {
  if (!secure) return credentials.createInsecure();
  if (pin !== undefined) return pinnedCredentials(pin, host);
  // Node's authorities, NODE_EXTRA_CA_CERTS among them, whatever gRPC's own variables say.
  return credentials.createFromSecureContext(createSecureContext());
}

function credentialsOf(accessToken: string | undefined): Metadata {
  const metadata = new Metadata();
  if (accessToken !== undefined) metadata.set("authorization", `Bearer ${accessToken}`);
  return metadata;
}

function ignore(): void {}
