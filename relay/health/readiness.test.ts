import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { dial } from "../../test/support/member.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";
import { joinAsDevice, startWatchedRelay, type WatchedRelay } from "../../test/support/watched-relay.ts";

let relay: WatchedRelay;

beforeEach(async () => {
  relay = await startWatchedRelay();
});

afterEach(() => relay.stop());

async function isServing(): Promise<boolean> {
  const client = dial(relay.url);
  try {
    return (await callUnary(client, Health.method.check, {})).status === Status.SERVING;
  } finally {
    client.close();
  }
}

/** What load balancers hear, by both ways, is the same. */
async function becomes(state: string): Promise<void> {
  const said = state === "ready" ? "ready" : `not ready: ${state}`;
  const patience = { timeout: 20_000, interval: 200 };
  await vi.waitFor(async () => expect((await relay.get("/readyz")).text.split("\n")[0]).toBe(said), patience);
  expect((await relay.get("/readyz")).status).toBe(state === "ready" ? 200 : 503);
  expect(await isServing()).toBe(state === "ready");
  const { text } = await relay.get("/metrics");
  expect(text).toContain(`\nsotto_relay_ready ${state === "ready" ? 1 : 0}\n`);
  if (state !== "ready") expect(text).toContain(`\nsotto_relay_not_ready{reason="${state}"} 1\n`);
}

test("a relay whose database goes away is alive but not ready, until it is back", async () => {
  await becomes("ready");
  await relay.alterDatabase("with allow_connections false");
  await becomes("database_away");
  expect(await relay.get("/livez")).toEqual({ status: 200, text: "alive\n" });
  await relay.alterDatabase("with allow_connections true");
  await becomes("ready");
  expect(relay.log()).toMatch(/"reason":"database_away".*"not ready to serve"/);
  expect(relay.log()).toMatch(/"before":"database_away".*"ready to serve again"/);
});

test("a database that takes no writes, as a standby does, makes it not ready", async () => {
  await relay.alterDatabase("set default_transaction_read_only = on");
  await becomes("database_read_only");
  await relay.alterDatabase("reset default_transaction_read_only");
  await becomes("ready");
});

test("a disk that is full shows when somebody sends, and is tried anew until there is room", async () => {
  const alice = await joinAsDevice(relay.url, "alice");
  const { roster } = await openDirect(alice, { accountId: alice.chain.accountId });
  const stream = await RawStream.open(alice);
  const send = () => stream.submit(envelopeBy(alice, roster), wrapsBy(alice, roster));
  expect(await send()).toBe(1n);
  // What PostgreSQL says when it cannot add a page; the trial's own table has to be refused, too.
  await relay.database.query(`create function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'no space' using errcode = '53100'; end $$`);
  await relay.database.query(
    "create trigger full_disk before insert on log for each row execute function full_disk()",
  );
  await relay.database.query(`create function no_tables() returns event_trigger language plpgsql as
    $$ begin raise exception 'no space' using errcode = '53100'; end $$`);
  await relay.database.query(
    "create event trigger no_tables on ddl_command_start when tag in ('CREATE TABLE') execute function no_tables()",
  );
  await becomes("ready");
  expect(await send()).toBe("relay_unavailable");
  await becomes("database_full");
  expect((await relay.get("/metrics")).text).toMatch(
    /\nsotto_relay_statement_errors_total\{kind="full"\} [1-9]/,
  );
  // Nobody sends any more, and it is still full: the trial says so.
  await vi.waitFor(
    async () =>
      expect((await relay.get("/metrics")).text).toMatch(
        /statement_errors_total\{kind="full"\} (?:[2-9]|\d\d)/,
      ),
    { timeout: 20_000, interval: 500 },
  );
  expect((await relay.get("/readyz")).status).toBe(503);
  await relay.database.query("drop event trigger no_tables");
  await relay.database.query("drop trigger full_disk on log");
  await becomes("ready");
  expect(await send()).toBe(2n);
  await stream.finish();
  alice.client.close();
});

test("a schema that is no longer one for this program, as after a restore, makes it not ready", async () => {
  await becomes("ready");
  await relay.database.query("update schema_support set oldest = oldest + 9999");
  await relay.alterDatabase("with allow_connections false");
  await becomes("database_away");
  await relay.alterDatabase("with allow_connections true");
  await becomes("schema_differs");
  await relay.database.query("update schema_support set oldest = oldest - 9999");
  await becomes("ready");
});

test("a relay that drains says so while it still answers", async () => {
  await becomes("ready");
  // Somebody who stays: the relay waits for him for some seconds.
  const alice = await joinAsDevice(relay.url, "alice");
  const stream = new RawStream(alice);
  const stopping = relay.stop();
  await vi.waitFor(
    async () => expect((await relay.get("/readyz")).text).toContain("not ready: draining"),
    3_000,
  );
  expect((await relay.get("/livez")).status).toBe(200);
  stream.call.cancel();
  alice.client.close();
  await stopping;
  await expect(relay.get("/livez")).rejects.toThrow();
  relay = await startWatchedRelay();
});
