import { Buffer } from "node:buffer";
import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
} from "@bufbuild/protobuf";
import { create, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from "@grpc/grpc-js";

/** Trailing metadata: the `ErrorReason` of a failed call, in lower case without its prefix. */
export const ERROR_REASON_KEY = "sotto-error";
/** Trailing metadata: milliseconds to wait before trying again. */
export const RETRY_AFTER_KEY = "sotto-retry-after-ms";

// Unknown fields are dropped on both sides: re-sending what a peer put there would carry it past our checks.
const READ = { readUnknownFields: false } as const;
const WRITE = { writeUnknownFields: false } as const;

/** Stands for the message that these bytes are, wherever one is sent: by code that encodes better than protobuf-es. */
export function encoded<M extends Message>(bytes: Buffer): M {
  return bytes as unknown as M;
}

function serializer<M extends DescMessage>(schema: M): (message: MessageShape<M>) => Buffer {
  return (message) => {
    if (Buffer.isBuffer(message)) return message;
    // grpc-js calls Buffer methods on it, so the Uint8Array of protobuf-es will not do; this is a view, not a copy.
    const bytes = toBinary(schema, message, WRITE);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function deserializer<M extends DescMessage>(schema: M): (bytes: Buffer) => MessageShape<M> {
  // A plain view: the Buffer's own slices would be Buffers too, whose `slice` does not copy.
  return (bytes) =>
    fromBinary(schema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), READ);
}

/** `/package.Service/Method`, as it stands in the HTTP/2 path. */
function path(method: { name: string; parent: DescService }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/**
 * The grpc-js definition of a protobuf-es service, for `Server.addService`. Methods keep their local (camelCase) names.
 * A decoded `bytes` field is a view of the wire buffer: copy what outlives the call.
 */
export function serviceDefinition(service: DescService): ServiceDefinition {
  const definition: Record<string, MethodDefinition<Message, Message>> = {};
  for (const method of service.methods) {
    definition[method.localName] = {
      path: path(method),
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      requestSerialize: serializer(method.input),
      requestDeserialize: deserializer(method.input),
      responseSerialize: serializer(method.output),
      responseDeserialize: deserializer(method.output),
      originalName: method.name,
    };
  }
  return definition;
}

/** One unary call. Rejects with grpc-js's `ServiceError`, whose `metadata` has the reason; `signal` cancels it. */
export function callUnary<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  metadata: Metadata = new Metadata(),
  options: CallOptions & { signal?: AbortSignal } = {},
): Promise<MessageShape<O>> {
  const { signal, ...callOptions } = options;
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path(method),
      serializer(method.input),
      deserializer(method.output),
      create(method.input, request),
      metadata,
      callOptions,
      (error, response) => (error ? reject(error) : resolve(response as MessageShape<O>)),
    );
    signal?.addEventListener("abort", () => call.cancel(), { once: true });
  });
}

/** Opens a bidirectional stream. The caller listens for `data`, `error` and `end`, and must `cancel()` it when done. */
export function openStream<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodBiDiStreaming<I, O>,
  metadata: Metadata = new Metadata(),
  options: CallOptions = {},
): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
  return client.makeBidiStreamRequest(
    path(method),
    serializer(method.input),
    deserializer(method.output),
    metadata,
    options,
  );
}

/** Asks for what a server streams. The caller listens for `data`, `error` and `end`, and must `cancel()` it when done. */
export function openServerStream<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodServerStreaming<I, O>,
  request: MessageInitShape<I>,
  metadata: Metadata = new Metadata(),
  options: CallOptions = {},
): ClientReadableStream<MessageShape<O>> {
  return client.makeServerStreamRequest(
    path(method),
    serializer(method.input),
    deserializer(method.output),
    create(method.input, request),
    metadata,
    options,
  );
}
