import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, status } from "@grpc/grpc-js";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
} from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { callUnary, openServerStream } from "../../proto/grpc.ts";
import { silent } from "../../test/support/log.ts";
import { dial, failureOf } from "../../test/support/member.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { Database } from "../db/pool.ts";
import { openDoors } from "../doors.ts";
import { DATABASE_CONNECTIONS } from "../limits.ts";
import { type Relay, startRelay } from "../start-relay.ts";

let folder: string;
let fresh: FreshDatabase;
let relay: Relay;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-health-"));
  fresh = await freshDatabase();
  const place = { host: "127.0.0.1", port: 0, dataFolder: folder, database: fresh.connection };
  const config = { ...place, tls: undefined, behindProxy: false, doors: openDoors };
  relay = await startRelay(config, { log: silent });
  client = dial(relay.url);
});

afterEach(async () => {
  client.close();
  await relay.stop();
  await fresh.drop();
  await rm(folder, { recursive: true });
});

const check = async (service = "") => (await callUnary(client, Health.method.check, { service })).status;

/** Everything a watch says, until `cancel`; how it ends. */
function watch(service = "") {
  const stream = openServerStream(client, Health.method.watch, { service });
  const said: Status[] = [];
  stream.on("data", ({ status: now }: HealthCheckResponse) => said.push(now));
  const ended = new Promise<number>((resolve) => {
    stream.on("error", (error) => resolve((error as Error & { code: number }).code));
  });
  return { said, ended, cancel: () => stream.cancel() };
}

/** Takes the database away from everybody, or gives it back. */
async function allowConnections(allowed: boolean): Promise<void> {
  const { database } = fresh.connection;
  const other = new pg.Client({ ...fresh.connection, database: "postgres" });
  await other.connect();
  await other.query(`alter database ${database} with allow_connections ${allowed}`);
  await other.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database]);
  await other.end();
}

test("a relay serves while its database answers, and again when that is back", async () => {
  const one = watch();
  expect(await check()).toBe(Status.SERVING);
  expect(await check("sotto.relay.v1.MessagingService")).toBe(Status.SERVING);
  await allowConnections(false);
  await vi.waitFor(async () => expect(await check()).toBe(Status.NOT_SERVING), 10_000);
  await vi.waitFor(() => expect(one.said).toEqual([Status.SERVING, Status.NOT_SERVING]), 10_000);
  await allowConnections(true);
  await vi.waitFor(async () => expect(await check()).toBe(Status.SERVING), 10_000);
  await vi.waitFor(() => expect(one.said.at(-1)).toBe(Status.SERVING), 10_000);
  one.cancel();
});

test("however many ask, the database is asked once", async () => {
  // It looks by itself, too; what it saw then is told for a moment.
  await vi.waitFor(
    async () => {
      const query = vi.spyOn(Database.prototype, "query");
      await Promise.all(Array.from({ length: 50 }, () => check()));
      const names = query.mock.calls.map(([statement]) =>
        typeof statement === "string" ? "" : statement.name,
      );
      query.mockRestore();
      expect(names.filter((name) => name === "look-at-database")).toHaveLength(1);
    },
    { timeout: 5_000, interval: 200 },
  );
});

test("a relay with more statements than connections is busy, not ill", async () => {
  const statements = Array.from({ length: 3 * DATABASE_CONNECTIONS }, () =>
    relay.database.query("select pg_sleep(1.5)"),
  );
  // What was seen before them is told for a moment.
  await pause(600);
  expect(await check()).toBe(Status.SERVING);
  await Promise.all(statements);
});

test("a service that the relay does not have is not found", async () => {
  expect((await failureOf(callUnary(client, Health.method.check, { service: "nope" }))).code).toBe(
    status.NOT_FOUND,
  );
  const one = watch("nope");
  await vi.waitFor(() => expect(one.said).toEqual([Status.SERVICE_UNKNOWN]), 5_000);
  one.cancel();
});

test("a watch ends when the relay does, with its last word", async () => {
  const one = watch();
  await vi.waitFor(() => expect(one.said).toEqual([Status.SERVING]), 5_000);
  await relay.stop();
  expect(await one.ended).toBe(status.UNAVAILABLE);
  expect(one.said).toEqual([Status.SERVING, Status.NOT_SERVING]);
});

test("watches are limited, since nobody logs in for them", async () => {
  const many = Array.from({ length: 200 }, () => watch());
  await vi.waitFor(() => expect(many.every(({ said }) => said.length === 1)).toBe(true), 10_000);
  expect(await watch().ended).toBe(status.RESOURCE_EXHAUSTED);
  many[0]?.cancel();
  await many[0]?.ended;
  await vi.waitFor(async () => {
    const again = watch();
    await vi.waitFor(() => expect(again.said).toHaveLength(1), 500).finally(() => again.cancel());
  }, 5_000);
  for (const one of many) one.cancel();
});
