import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { GroupsService } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  MessagingService,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openServerStream, openStream, serviceDefinition } from "../../proto/grpc.ts";

const services = [AuthService, DirectoryService, GroupsService, MessagingService] as const;

type Methods = (typeof AuthService)["method"] &
  (typeof DirectoryService)["method"] &
  (typeof GroupsService)["method"] &
  (typeof MessagingService)["method"];

type MethodName = keyof Methods;
type OutputOf<M extends MethodName> = MessageShape<Methods[M]["output"]>;

/** What a hostile relay does to what passes through it. A handler may change the message in place or return another. */
interface Tricks {
  /** Changes the answer of a unary call. */
  answers: { [M in MethodName]?: (response: OutputOf<M>) => OutputOf<M> | undefined };
  /** Answers a unary call in the place of the relay, which never hears of it. */
  instead?: { [M in MethodName]?: () => OutputOf<M> } | undefined;
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
        const invented = relay.tricks.instead?.[method.localName as MethodName]?.();
        if (invented !== undefined) {
          callback(null, invented);
          return;
        }
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

  const forwardWatch =
    (
      method: DescMethodServerStreaming,
    ): handleServerStreamingCall<MessageShape<DescMessage>, MessageShape<DescMessage>> =>
    (call) => {
      const stream = openServerStream(client, method, call.request, credentialsOf(call.metadata));
      call.on("cancelled", () => stream.cancel());
      stream.on("data", (message: MessageShape<DescMessage>) => call.write(message));
      stream.on("error", (error) => call.emit("error", error));
      stream.on("end", () => call.end());
    };

  const forward = (method: DescMethod) => {
    if (method.methodKind === "unary") return forwardUnary(method as DescMethodUnary);
    if (method.methodKind === "server_streaming") return forwardWatch(method as DescMethodServerStreaming);
    return forwardStream;
  };
  for (const service of services as readonly DescService[]) {
    const handlers: UntypedServiceImplementation = {};
    for (const method of service.methods) handlers[method.localName] = forward(method);
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
