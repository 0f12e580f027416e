// Each service as a relay of its own, on one database, with one bus between them: what a split deployment is made of.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { equal, signRevoke } from "../keys/index.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../proto/gen/grpc/health/v1/health_pb.ts";
import { AuthService } from "../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService, type WatchPeopleResponse } from "../proto/gen/sotto/relay/v1/directory_pb.ts";
import { GroupsService } from "../proto/gen/sotto/relay/v1/groups_pb.ts";
import { MessagingService } from "../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openServerStream } from "../proto/grpc.ts";
import type { TestDevice } from "../test/support/bare-relay.ts";
import { TestGroup } from "../test/support/group.ts";
import { silent } from "../test/support/log.ts";
import { dial, failureOf, joinRelay, type Member } from "../test/support/member.ts";
import { type FreshDatabase, freshDatabase } from "../test/support/postgres.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../test/support/raw-stream.ts";
import { authenticator } from "./auth/authenticate.ts";
import { opaqueReady } from "./auth/opaque.ts";
import { openDoors } from "./doors.ts";
import { LocalBus } from "./fanout/local.ts";
import { Readiness } from "./health/readiness.ts";
import { defaultRates } from "./limits.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { Parts } from "./parts.ts";
import { loadSecrets } from "./secrets.ts";
import { type RunningServer, startServer } from "./server.ts";
import { type ServiceName, serviceNames } from "./service-names.ts";
import { offeredServices } from "./services.ts";

let folder: string;
let fresh: FreshDatabase;
const servers: RunningServer[] = [];
const drained: (() => void)[] = [];
const clients = {} as Record<ServiceName, Client>;
let authUrl: string;
let alice: Member;
let bob: Member;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-split-"));
  fresh = await freshDatabase();
  await opaqueReady;
  const bus = new LocalBus();
  for (const name of serviceNames) {
    const metrics = createMetrics();
    const readiness = new Readiness({ log: silent, metrics });
    readiness.serve(fresh.database);
    drained.push(() => readiness.drain());
    const parts: Parts = {
      database: fresh.database,
      clock: Date.now,
      log: silent,
      secrets: await loadSecrets(folder),
      rates: defaultRates,
      retentionMs: 86_400_000,
      doors: openDoors,
      metrics,
      readiness,
    };
    const server = await startServer({
      services: offeredServices(parts, bus, new Set([name])),
      host: "127.0.0.1",
      port: 0,
      credentials: ServerCredentials.createInsecure(),
      behindProxy: false,
      authenticate: authenticator(parts),
      log: silent,
      metrics,
    });
    servers.push(server);
    const url = `http://127.0.0.1:${server.port}`;
    if (name === "auth") authUrl = url;
    clients[name] = dial(url);
  }
  [alice, bob] = await Promise.all([joinRelay(authUrl, "alice"), joinRelay(authUrl, "bob")]);
});

afterAll(async () => {
  for (const client of [...Object.values(clients), alice.client, bob.client]) client.close();
  for (const drain of drained) drain();
  await Promise.all(servers.map((server) => server.drain(0)));
  await fresh.drop();
  await rm(folder, { recursive: true });
});

/** The member's device, as it calls the process that has this service. */
function at(name: ServiceName, member: Member): TestDevice {
  const { accountKey, chain } = member;
  const person = { name: member.name, accountId: chain.accountId, accountKey, chain, devices: [] };
  return { person, keys: member.device, client: clients[name], metadata: member.metadata() };
}

const anyCall = {
  auth: (client: Client) => callUnary(client, AuthService.method.describeRelay, {}),
  directory: (client: Client) => callUnary(client, DirectoryService.method.listPeople, {}, alice.metadata()),
  groups: (client: Client) => callUnary(client, GroupsService.method.listRooms, {}, alice.metadata()),
  messaging: (client: Client) =>
    callUnary(
      client,
      MessagingService.method.openDirect,
      { accountId: bob.chain.accountId },
      alice.metadata(),
    ),
};

test.each(serviceNames)("%s answers where it is, and is not there elsewhere", async (name) => {
  await anyCall[name](clients[name]);
  for (const other of serviceNames.filter((each) => each !== name)) {
    expect((await failureOf(anyCall[name](clients[other]))).code).toBe(status.UNIMPLEMENTED);
  }
});

test.each(serviceNames)("the health of %s is asked where it is", async (name) => {
  const typeNames = {
    auth: AuthService.typeName,
    directory: DirectoryService.typeName,
    groups: GroupsService.typeName,
    messaging: MessagingService.typeName,
  };
  const check = (service: string) => callUnary(clients[name], Health.method.check, { service });
  await vi.waitFor(async () => expect((await check("")).status).toBe(Status.SERVING), 10_000);
  for (const [other, service] of Object.entries(typeNames)) {
    if (other === name) expect((await check(service)).status).toBe(Status.SERVING);
    else expect((await failureOf(check(service))).code).toBe(status.NOT_FOUND);
  }
});

test("the directory tells of who has registered at auth", async () => {
  const watch = openServerStream(
    clients.directory,
    DirectoryService.method.watchPeople,
    {},
    alice.metadata(),
  );
  const heard: string[] = [];
  watch.on("data", ({ people }: WatchPeopleResponse) => heard.push(...people.map(({ name }) => name)));
  watch.on("error", (error: ServiceError) => expect(error.code).toBe(status.CANCELLED));
  await new Promise((resolve) => watch.once("data", resolve));
  const carol = await joinRelay(authUrl, "carol");
  carol.client.close();
  await vi.waitFor(() => expect(heard).toEqual(["carol"]), 10_000);
  watch.cancel();
});

test("a live stream at messaging hears what groups has stored, and what it is sent", async () => {
  const live = await RawStream.open(at("messaging", bob), { live: true });
  const group = await TestGroup.create(at("groups", alice));
  await group.add(at("groups", alice), at("groups", bob));
  const isTold = (id: Uint8Array) => live.heads.some(({ conversationId }) => equal(conversationId, id));
  await live.until(() => isTold(group.id), "the group");

  const sender = at("messaging", alice);
  const { roster, conversation } = await openDirect(sender, at("messaging", bob).person);
  const stream = await RawStream.open(sender, { live: true });
  await stream.submit(envelopeBy(sender, roster), wrapsBy(sender, roster));
  await live.until(() => isTold(conversation.conversationId), "the message");
  stream.call.cancel();
  live.call.cancel();
});

test("a device that is revoked at the directory is put out of messaging", async () => {
  const dave = await joinRelay(authUrl, "dave");
  const live = await RawStream.open(at("messaging", dave), { live: true });
  const entry = signRevoke(dave.chain, {
    by: { kind: "account", accountKey: dave.accountKey },
    deviceId: dave.device.deviceId,
    createdAt: Date.now(),
  });
  const { client, metadata } = at("directory", dave);
  await callUnary(client, DirectoryService.method.appendAccountEntry, { entry }, metadata);
  expect(await live.ended).toBe("unknown_device");
  dave.client.close();
});
