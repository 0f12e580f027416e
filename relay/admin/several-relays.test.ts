import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConnectRequestSchema, MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { openStream } from "../../proto/grpc.ts";
import type { Finished } from "../../test/support/chat.ts";
import { silent } from "../../test/support/log.ts";
import { dial, joinRelay, type Member, reasonIn } from "../../test/support/member.ts";
import { type FreshDatabase, freshDatabase, urlOf } from "../../test/support/postgres.ts";
import { runChatRelay } from "../../test/support/relay.ts";
import { openDoors } from "../doors.ts";
import { type Relay, startRelay } from "../start-relay.ts";

let folder: string;
let fresh: FreshDatabase;
let relays: Relay[];
let alice: Member;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-several-"));
  fresh = await freshDatabase();
  const place = { host: "127.0.0.1", port: 0, dataFolder: folder, database: fresh.connection };
  const config = { ...place, tls: undefined, behindProxy: false, doors: openDoors };
  relays = await Promise.all([0, 1].map(() => startRelay(config, { log: silent })));
  alice = await joinRelay(relays[0]?.url ?? "", "alice");
});
afterAll(async () => {
  alice.client.close();
  await Promise.all(relays.map((relay) => relay.stop()));
  await fresh.drop();
  await rm(folder, { recursive: true, force: true });
});

function admin(...parameters: string[]): Promise<Finished> {
  return runChatRelay(["admin", ...parameters, "--data", folder], { sources: true }).finished;
}

/** A stream of alice's at that relay, once Welcome has come: how it ends. */
async function streamAt(url: string): Promise<{ ended: Promise<string> }> {
  const client = dial(url);
  const stream = openStream(client, MessagingService.method.connect, alice.metadata());
  const ended = new Promise<string>((resolve) => {
    stream.on("error", (error) => {
      client.close();
      resolve(reasonIn(error as ServiceError));
    });
  });
  const frame = { case: "hello", value: { live: false, lease: 0n } } as const;
  stream.write(create(ConnectRequestSchema, { frame }));
  await once(stream, "data");
  return { ended };
}

test("a given database is worked on by its URL, and every relay on it hears of what is done", async () => {
  const streams = await Promise.all(relays.map(({ url }) => streamAt(url)));
  const disabled = await admin("disable", "alice", "--database-url", urlOf(fresh.connection));
  expect(disabled).toMatchObject({ code: 0, stdout: "The account alice is disabled.\n", stderr: "" });
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  expect(ends).toEqual(["account_disabled", "account_disabled"]);
  expect(await admin("restored", "--database-url", urlOf(fresh.connection))).toMatchObject({ code: 69 });
});

test("a database that is away, or that no relay has used, is left as it is", async () => {
  const away = await admin("accounts", "--database-url", "postgres://me:sesame@127.0.0.1:1/chat");
  expect(away).toMatchObject({ code: 69, stdout: "" });
  expect(away.stderr).not.toContain("sesame");
  const empty = await freshDatabase({ empty: true });
  const unused = await admin("accounts", "--database-url", urlOf(empty.connection));
  expect(unused).toMatchObject({
    code: 78,
    stderr: expect.stringContaining("No relay has run on this database"),
  });
  const { rowCount } = await empty.database.query("select 1 from pg_tables where schemaname = 'public'");
  expect(rowCount).toBe(0);
  await empty.drop();
});
