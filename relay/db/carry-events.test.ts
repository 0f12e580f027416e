import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accountId, conversationId, deviceId, randomBytes, ready } from "../../keys/index.ts";
import { silent } from "../../test/support/log.ts";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import type { BusEvent } from "../fanout/bus.ts";
import { LocalBus } from "../fanout/local.ts";
import { carryEvents, receiveEvents } from "./carry-events.ts";

let fresh: FreshDatabase;
let heard: BusEvent[];
let connections: number;
let stop: () => Promise<void>;

beforeEach(async () => {
  await ready();
  fresh = await freshDatabase();
  [heard, connections] = [[], 0];
  const bus = new LocalBus();
  bus.subscribe((event) => heard.push(event));
  const onConnected = async (): Promise<void> => {
    connections += 1;
  };
  stop = receiveEvents(fresh.connection, bus, { log: silent, onConnected });
  await vi.waitFor(() => expect(connections).toBe(1), 10_000);
});

afterEach(async () => {
  await stop();
  await fresh.drop();
});

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
