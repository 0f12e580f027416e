import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accountId, conversationId, deviceId, randomBytes, ready } from "../../keys/index.ts";
import { silent } from "../../test/support/log.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import type { BusEvent } from "../fanout/bus.ts";
import { carryEvents, receiveEvents } from "./carry-events.ts";

const RELAY = 7;

let fresh: FreshDatabase;
let heard: BusEvent[];
let connections: number;
let stop: () => Promise<void>;
let line: Awaited<ReturnType<typeof lineTo>>;

beforeEach(async () => {
  await ready();
  fresh = await freshDatabase();
  [heard, connections] = [[], 0];
  const hear = (event: BusEvent): void => {
    heard.push(event);
  };
  const onConnected = async (): Promise<void> => {
    connections += 1;
  };
  line = await lineTo(fresh);
  stop = receiveEvents({ ...fresh.connection, host: line.folder }, hear, {
    log: silent,
    relay: RELAY,
    about: "",
    onConnected,
    askEveryMs: 200,
  });
  await vi.waitFor(() => expect(connections).toBe(1), 10_000);
});

afterEach(async () => {
  await stop();
  line.close();
  await fresh.drop();
});

/** A line to PostgreSQL that can go dead without a word; who dials again gets through. */
async function lineTo({ connection: { host, port } }: FreshDatabase) {
  const folder = mkdtempSync(join(tmpdir(), "sotto-line-"));
  const name = `.s.PGSQL.${port}`;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(join(host ?? "", name));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
  return {
    folder,
    die: () => {
      for (const socket of open) socket.unpipe().pause();
      open.clear();
    },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const removed = (): BusEvent => ({
  kind: "removed",
  accountId: accountId(randomBytes(32)),
  deviceId: deviceId(randomBytes(16)),
  disabled: true,
});

test("events arrive as they were given, and what would be too long is left to the database", async () => {
  const conversation = conversationId(randomBytes(32));
  const device = Buffer.from(randomBytes(48)).toString("hex");
  const moved = (devices: string[]): BusEvent => ({ kind: "moved", conversationId: conversation, devices });
  const events = [removed(), moved([device, device]), moved(Array(100).fill(device)), removed()];
  await carryEvents(fresh.database, events);
  await vi.waitFor(() => expect(heard).toEqual([events[0], events[1], events[3]]), 10_000);
});

test("what is no event is nothing", async () => {
  for (const text of [
    "",
    "{}",
    "[]",
    '{"kind":"removed","account":"00","device":"00","disabled":true}',
    "\u0001",
  ]) {
    await fresh.database.query("select pg_notify('sotto_events', $1)", [text]);
  }
  const event = removed();
  await carryEvents(fresh.database, [event]);
  await vi.waitFor(() => expect(heard).toEqual([event]), 10_000);
});

test("a connection that is lost is made again, and what was missed is looked up", async () => {
  await fresh.database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sotto-events' and datname = current_database()",
  );
  await vi.waitFor(() => expect(connections).toBe(2), 10_000);
  const event = removed();
  await carryEvents(fresh.database, [event]);
  await vi.waitFor(() => expect(heard).toEqual([event]), 10_000);
});

test("a line that has gone dead without a word is noticed", async () => {
  line.die();
  await vi.waitFor(() => expect(connections).toBe(2), 20_000);
  const event = removed();
  await carryEvents(fresh.database, [event]);
  await vi.waitFor(() => expect(heard).toEqual([event]), 10_000);
});

test("the end does not wait for a line that is dead", async () => {
  line.die();
  const start = performance.now();
  await stop();
  expect(performance.now() - start).toBeLessThan(4_000);
});

test("somebody new is told of, and a relay does not hear itself", async () => {
  const registered = (name: string): BusEvent => ({
    kind: "registered",
    accountId: accountId(randomBytes(32)),
    name,
    registeredAt: 1n << 60n,
  });
  const [own, other] = [registered("own"), registered("other")];
  await carryEvents(fresh.database, [own], RELAY);
  await carryEvents(fresh.database, [other], RELAY + 1);
  await vi.waitFor(() => expect(heard).toEqual([other]), 10_000);
});
