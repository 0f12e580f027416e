import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { type Client, ServerCredentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../proto/gen/grpc/reflection/v1/reflection_pb.ts";
import { openStream } from "../../proto/grpc.ts";
import { silent } from "../../test/support/log.ts";
import { dial } from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { startServer } from "../server.ts";
import { reflectionService } from "./service.ts";

type Question = Parameters<typeof create<typeof ServerReflectionRequestSchema>>[1];

let relay: TestRelay;
let client: Client;

beforeAll(async () => {
  relay = await startTestRelay();
  client = dial(relay.url);
});
afterAll(async () => {
  client.close();
  await relay.stop();
});

/** Answers to these questions, asked all at once on one stream that is ended well. */
function ask(...questions: Question[]): Promise<ServerReflectionResponse[]> {
  const stream = openStream(client, ServerReflection.method.serverReflectionInfo);
  const answers: ServerReflectionResponse[] = [];
  for (const question of questions) stream.write(create(ServerReflectionRequestSchema, question ?? {}));
  stream.end();
  return new Promise((resolve, reject) => {
    stream.on("data", (answer: ServerReflectionResponse) => answers.push(answer));
    stream.on("end", () => resolve(answers));
    stream.on("error", reject);
  });
}

/** As a registry wants them. */
function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const of = (file: FileDescriptorProto): FileDescriptorProto[] => [
    ...file.dependency.flatMap((name) => files.filter((other) => other.name === name).flatMap(of)),
    file,
  ];
  return [...new Set(files.flatMap(of))];
}

const symbol = (value: string) => ({ messageRequest: { case: "fileContainingSymbol", value } }) as const;

test("everybody may ask which services there are", async () => {
  const [answer] = await ask({ messageRequest: { case: "listServices", value: "*" } });
  expect(answer?.messageResponse.case).toBe("listServicesResponse");
  expect(JSON.stringify(answer?.messageResponse.value).match(/[\w.]+\.v1\.\w+(?=",?"?}?)/g)).toEqual(
    expect.arrayContaining([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "sotto.relay.v1.AuthService",
      "sotto.relay.v1.DirectoryService",
      "sotto.relay.v1.GroupsService",
      "sotto.relay.v1.MessagingService",
    ]),
  );
});

test("from the answers a tool can build every service, its imports and messages included", async () => {
  for (const name of ["sotto.relay.v1.MessagingService", "sotto.relay.v1.AuthService.Refresh"]) {
    const [answer] = await ask(symbol(name));
    if (answer?.messageResponse.case !== "fileDescriptorResponse") throw new Error("no files");
    const { fileDescriptorProto } = answer.messageResponse.value;
    const file = fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const set = create(FileDescriptorSetSchema, { file: importsFirst(file) });
    const registry = createFileRegistry(set);
    const service = registry.getService(name.replace(/\.Refresh$/, ""));
    expect(service?.methods.length).toBeGreaterThan(3);
    expect(service?.methods[0]?.input.fields.length).toBeGreaterThanOrEqual(0);
  }
});

test("files are found by name, messages and enums by theirs, and nothing of what is inside the ciphertext", async () => {
  const answers = await ask(
    { messageRequest: { case: "fileByFilename", value: "sotto/relay/v1/errors.proto" } },
    symbol("sotto.relay.v1.Person"),
    symbol("sotto.relay.v1.ErrorReason"),
    symbol("sotto.chat.v1.Content"),
    symbol("nope"),
    { messageRequest: { case: "allExtensionNumbersOfType", value: "sotto.relay.v1.Person" } },
    {},
  );
  const found = answers.map(({ messageResponse: { case: kind, value } }) =>
    kind === "errorResponse" ? value.errorCode : kind,
  );
  const none = status.NOT_FOUND;
  const files = "fileDescriptorResponse";
  expect(found).toEqual([files, files, files, none, none, none, none]);
});

/** How a stream ends that nobody ends. */
function hold(at = client) {
  const stream = openStream(at, ServerReflection.method.serverReflectionInfo);
  const answered = new Promise((resolve) => stream.once("data", resolve));
  const ended = new Promise<number>((resolve) => {
    stream.on("error", (error) => resolve((error as Error & { code: number }).code));
  });
  stream.write(create(ServerReflectionRequestSchema, symbol("nope")));
  return { answered, ended, cancel: () => stream.cancel() };
}

test("streams are limited, since nobody logs in for them", async () => {
  const many = Array.from({ length: 100 }, () => hold());
  await Promise.all(many.map(({ answered }) => answered));
  expect(await hold().ended).toBe(status.RESOURCE_EXHAUSTED);
  for (const { cancel } of many) cancel();
  await Promise.all(many.map(({ ended }) => ended));
  await vi.waitFor(async () => expect(await ask(symbol("nope"))).toHaveLength(1), 5_000);
});

test("a stream is not held for long", async () => {
  const server = await startServer({
    services: [reflectionService([], 50)],
    host: "127.0.0.1",
    port: 0,
    credentials: ServerCredentials.createInsecure(),
    behindProxy: false,
    authenticate: () => Promise.reject(new Error("unused")),
    log: silent,
    metrics: createMetrics(),
  });
  const other = dial(`http://127.0.0.1:${server.port}`);
  expect(await hold(other).ended).toBe(status.DEADLINE_EXCEEDED);
  other.close();
  await server.drain(0);
});
