import { create, type DescMethod, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  ConnectResponseSchema,
  MessagingService,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { ERROR_REASON_KEY, RETRY_AFTER_KEY, serviceDefinition } from "../../proto/grpc.ts";

/** What a scripted call fails with: a gRPC status and, if the relay is to say so, a reason. */
interface Failure {
  readonly status: number;
  readonly reason?: string;
  readonly retryAfter?: number;
}
type Answer = Record<string, unknown> | Failure;
type Script = Record<string, (request: never, accessToken: string | undefined) => Answer | "silence">;

export interface ScriptedStream {
  readonly accessToken: string | undefined;
  send(frame: MessageInitShape<typeof ConnectResponseSchema>): void;
  fail(status: number, reason?: string): void;
  end(): void;
}

/** A real gRPC server that answers as the test says. Unlike the hostile relay there is nothing behind it. */
export interface ScriptedRelay {
  readonly url: string;
  /** Answers of unary calls by method (camelCase). */
  answers: Script;
  onStream: (stream: ScriptedStream) => void;
  onFrame: (frame: ConnectRequest, stream: ScriptedStream) => void;
  stop(): void;
}

export async function scriptedRelay(
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<ScriptedRelay> {
  const server = new Server();
  const relay: Omit<ScriptedRelay, "url" | "stop"> = {
    answers: {},
    onStream: () => undefined,
    onFrame: () => undefined,
  };

  const unary =
    (method: DescMethod): handleUnaryCall<unknown, object> =>
    (call, callback) => {
      const answer = relay.answers[method.localName]?.(call.request as never, tokenOf(call.metadata)) ?? {
        status: 12,
      };
      if (answer === "silence") return;
      if (isFailure(answer)) callback(serviceError(answer));
      else callback(null, create(method.output, answer));
    };

  const stream: handleBidiStreamingCall<ConnectRequest, ConnectResponse> = (call) => {
    const scripted = scriptedStream(call);
    relay.onStream(scripted);
    call.on("data", (frame: ConnectRequest) => relay.onFrame(frame, scripted));
    call.on("end", () => call.end());
    call.on("error", () => undefined);
  };

  for (const service of [AuthService, DirectoryService, MessagingService] as DescService[]) {
    const handlers: UntypedServiceImplementation = {};
    for (const method of service.methods) {
      handlers[method.localName] = method.methodKind === "unary" ? unary(method) : stream;
    }
    server.addService(serviceDefinition(service), handlers);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const scheme = credentials._isSecure() ? "https" : "http";
  return Object.assign(relay, { url: `${scheme}://127.0.0.1:${port}`, stop: () => server.forceShutdown() });
}

function scriptedStream(call: ServerDuplexStream<ConnectRequest, ConnectResponse>): ScriptedStream {
  return {
    accessToken: tokenOf(call.metadata),
    send: (frame) => {
      call.write(create(ConnectResponseSchema, frame));
    },
    fail: (status, reason) => {
      call.emit("error", serviceError(reason === undefined ? { status } : { status, reason }));
    },
    end: () => call.end(),
  };
}

function isFailure(answer: Answer): answer is Failure {
  return typeof answer["status" as keyof Answer] === "number";
}

function serviceError({ status, reason, retryAfter }: Failure) {
  const metadata = new Metadata();
  if (reason !== undefined) metadata.set(ERROR_REASON_KEY, reason);
  if (retryAfter !== undefined) metadata.set(RETRY_AFTER_KEY, String(retryAfter));
  return Object.assign(new Error("scripted"), { code: status, details: "scripted", metadata });
}

function tokenOf(metadata: Metadata): string | undefined {
  const value = metadata.get("authorization")[0];
  return typeof value === "string" ? value.replace(/^Bearer /, "") : undefined;
}
