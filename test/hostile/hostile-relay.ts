import type { DescMessage, DescMethod, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  MessagingService,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openStream, serviceDefinition } from "../../proto/grpc.ts";

type MethodName =
  | keyof (typeof AuthService)["method"]
  | keyof (typeof DirectoryService)["method"]
  | keyof (typeof MessagingService)["method"];

type OutputOf<M extends MethodName> = M extends keyof (typeof AuthService)["method"]
  ? MessageShape<(typeof AuthService)["method"][M]["output"]>
  : M extends keyof (typeof DirectoryService)["method"]
    ? MessageShape<(typeof DirectoryService)["method"][M]["output"]>
    : M extends keyof (typeof MessagingService)["method"]
      ? MessageShape<(typeof MessagingService)["method"][M]["output"]>
      : never;

/** What a hostile relay does to what passes through it. A handler may change the message in place or return another. */
interface Tricks {
  /** Changes the answer of a unary call. */
  answers: { [M in MethodName]?: (response: OutputOf<M>) => OutputOf<M> | undefined };
  /** Turns one frame for the client into any number of frames; called in order. */
  toClient?: ((frame: ConnectResponse) => ConnectResponse[]) | undefined;
  /** Turns one frame for the relay into any number of frames. */
  toRelay?: ((frame: ConnectRequest) => ConnectRequest[]) | undefined;
}

/**
 * A relay that lies: a real gRPC server in front of a real relay, with tricks a test sets at any time.
 * It sees just what a hostile operator sees, and can change all of it.
 */
export interface HostileRelay {
  readonly url: string;
  tricks: Tricks;
  stop(): Promise<void>;
}

export async function hostileRelay(upstream: string): Promise<HostileRelay> {
  const client = new Client(new URL(upstream).host, credentials.createInsecure(), {
    "grpc.enable_http_proxy": 0,
  });
  const server = new Server();
  const relay: { tricks: Tricks } = { tricks: { answers: {} } };

  const forwardUnary =
    (method: DescMethodUnary): handleUnaryCall<MessageShape<DescMessage>, MessageShape<DescMessage>> =>
    async (call, callback) => {
      try {
        const response = await callUnary(client, method, call.request, credentialsOf(call.metadata));
        const trick = relay.tricks.answers[method.localName as MethodName] as
          | ((response: unknown) => unknown)
          | undefined;
        callback(null, (trick?.(response) ?? response) as MessageShape<DescMessage>);
      } catch (error) {
        callback(error as Error);
      }
    };

  const forwardStream: handleBidiStreamingCall<ConnectRequest, ConnectResponse> = (call) => {
    const stream = openStream(client, MessagingService.method.connect, credentialsOf(call.metadata));
    call.on("data", (frame: ConnectRequest) => {
      for (const sent of relay.tricks.toRelay?.(frame) ?? [frame]) stream.write(sent);
    });
    call.on("end", () => stream.end());
    call.on("cancelled", () => stream.cancel());
    call.on("error", () => stream.cancel());
    stream.on("data", (frame: ConnectResponse) => {
      for (const sent of relay.tricks.toClient?.(frame) ?? [frame]) call.write(sent);
    });
    stream.on("error", (error) => call.emit("error", error));
    stream.on("end", () => call.end());
  };

  for (const service of [AuthService, DirectoryService, MessagingService] as DescService[]) {
    const handlers: UntypedServiceImplementation = {};
    for (const method of service.methods as DescMethod[]) {
      handlers[method.localName] =
        method.methodKind === "unary" ? forwardUnary(method as DescMethodUnary) : forwardStream;
    }
    server.addService(serviceDefinition(service), handlers);
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });

  return Object.assign(relay, {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.forceShutdown();
      client.close();
    },
  });
}

/** Only what the client meant for the relay: grpc-js refuses reserved headers. */
function credentialsOf(metadata: Metadata): Metadata {
  const copy = metadata.clone();
  for (const key of Object.keys(copy.getMap())) {
    if (key !== "authorization") copy.remove(key);
  }
  return copy;
}
