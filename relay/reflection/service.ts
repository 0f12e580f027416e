// grpc.reflection.v1: tells tools such as grpcurl what the relay offers. All of it is in the published .proto files.
import { create, type DescFile, type DescService, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../proto/gen/grpc/reflection/v1/reflection_pb.ts";
import { relayUnavailable, StatusError } from "../errors.ts";
import { type Service, type StreamCall, service } from "../service.ts";

/** Of all that nobody has to log in for. */
const MAX_STREAMS = 100;
/** A tool asks its questions and goes. */
const MAX_MS = 60_000;

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/** `offered`: the other services of the server. */
export function reflectionService(offered: readonly DescService[], maxMs = MAX_MS): Service {
  const services = [...offered, ServerReflection];
  const files = new Map(
    services.flatMap(({ file }) => withImports(file)).map((file) => [nameOf(file), file]),
  );
  const bySymbol = new Map([...files.values()].flatMap(symbolsOf));
  const response = (file: DescFile | undefined): Answer => {
    if (file === undefined) return notFound();
    const all = new Set(withImports(file));
    const fileDescriptorProto = [...all].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  };

  function answer({ messageRequest: { case: kind, value } }: ServerReflectionRequest): Answer {
    switch (kind) {
      case "listServices": {
        const names = services.map(({ typeName }) => typeName).sort();
        return { case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } };
      }
      case "fileByFilename":
        return response(files.get(value));
      case "fileContainingSymbol":
        return response(bySymbol.get(value));
      default:
        return notFound(); // we have no extensions
    }
  }

  let streams = 0;

  function talk({
    stream,
    over,
    draining,
    end,
  }: StreamCall<ServerReflectionRequest, ServerReflectionResponse>): void {
    if (over.hasCome) return;
    if (streams >= MAX_STREAMS) throw new StatusError(status.RESOURCE_EXHAUSTED, "too many streams");
    streams += 1;
    const tooLong = new StatusError(status.DEADLINE_EXCEEDED, "reflection is over after a minute");
    const timer = setTimeout(() => end(tooLong), maxMs);
    over.whenItComes(() => {
      streams -= 1;
      clearTimeout(timer);
    });
    stream.on("data", (request: ServerReflectionRequest) => {
      const said = create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request),
      });
      if (stream.write(said)) return;
      stream.pause();
      stream.once("drain", () => stream.resume());
    });
    stream.on("end", () => end());
    draining.whenItComes(() => end(relayUnavailable()));
  }

  return service(ServerReflection, { serverReflectionInfo: { access: "anybody", handle: talk } });
}

/** The file first, then what it imports. */
function withImports(file: DescFile): DescFile[] {
  return [file, ...file.dependencies.flatMap(withImports)];
}

/** As others import it. */
function nameOf({ name }: DescFile): string {
  return `${name}.proto`;
}

function symbolsOf(file: DescFile): [string, DescFile][] {
  return [...nestedTypes(file)].flatMap((type): [string, DescFile][] => {
    const methods = type.kind === "service" ? type.methods.map(({ name }) => `${type.typeName}.${name}`) : [];
    return [type.typeName, ...methods].map((name) => [name, file]);
  });
}

function notFound(): Answer {
  return { case: "errorResponse", value: { errorCode: status.NOT_FOUND, errorMessage: "not here" } };
}
