import { afterAll, beforeAll, expect, test } from "vitest";
import { accountId, messageId, randomBytes } from "../../keys/index.ts";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import {
  append,
  type BareRelay,
  nth,
  type Person,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { keptLog } from "../../test/support/log.ts";
import { newAccount } from "../../test/support/member.ts";
import {
  envelopeBy,
  type Opened,
  openDirect,
  RawStream,
  rosterOf,
  wrapsBy,
} from "../../test/support/raw-stream.ts";
import { insertAccount } from "../auth/sql/insert-account.ts";
import { insertLoginAttempt } from "../auth/sql/login-attempts.ts";
import { insertTokenFamily } from "../auth/sql/token-families.ts";
import type { BusEvent } from "../fanout/bus.ts";
import { LocalBus } from "../fanout/local.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { deleteAccount } from "./delete-account.ts";
import { noteSeen } from "./lapse.ts";
import { startUpkeep, upkeep } from "./upkeep.ts";

const DAY_MS = 86_400_000;

let relay: BareRelay;
let alice: Person;
let bob: Person;
let a: TestDevice;
let b: TestDevice;
let opened: Opened;
let id: Uint8Array;

beforeAll(async () => {
  relay = await startBareRelay();
  alice = await relay.person("alice");
  bob = await relay.person("bob", 2);
  a = nth(alice.devices, 0);
  b = nth(bob.devices, 0);
  opened = await openDirect(a, bob);
  id = opened.conversation.conversationId;
});

afterAll(() => relay.stop());

async function send(expiresAt = 0): Promise<bigint> {
  const roster = await rosterOf(a, id);
  const stream = await RawStream.open(a);
  const envelope = envelopeBy(a, roster, { messageId: messageId(randomBytes(16)), expiresAt });
  const sequence = await stream.submit(envelope, wrapsBy(a, roster));
  await stream.finish();
  if (typeof sequence === "string") throw new Error(sequence);
  return sequence;
}

async function rowSeenBy(device: TestDevice, sequence: bigint) {
  const stream = await RawStream.open(device);
  const { rows } = await stream.pull(id, sequence - 1n, 1);
  await stream.finish();
  return nth(rows, 0);
}

async function sizes(sequences: readonly bigint[]): Promise<number[]> {
  const { rows } = await relay.database.query<{ size: number }>(
    `select octet_length(envelope) + octet_length(wraps) as size
    from log
    where conversation_id = $1 and sequence = any($2::int8[])
    order by sequence`,
    [id, sequences.map(String)],
  );
  return rows.map(({ size }) => size);
}

/** Everything that is due `ahead` milliseconds from now. */
async function tidy(ahead = 0, bus = new LocalBus()): Promise<void> {
  const { log } = keptLog();
  const metrics = createMetrics();
  const clock = () => Date.now() + ahead;
  await upkeep(
    { database: relay.database, bus, clock, log, metrics, batch: 2 },
    new AbortController().signal,
  );
}

async function count(statement: string, values: unknown[] = []): Promise<number> {
  const { rows } = await relay.database.query<{ n: number }>(
    `select count(*)::int4 as n ${statement}`,
    values,
  );
  return nth(rows, 0).n;
}

async function isNameFree(name: string): Promise<boolean> {
  const { chain, genesis } = await newAccount(name);
  const account = { chain, genesis, opaqueRecord: "", sealedAccountKey: new Uint8Array(72), now: Date.now() };
  return relay.database.transaction((transaction) => insertAccount(transaction, account));
}

function devicesIn({ devices }: { devices: readonly { deviceId: Uint8Array }[] }): Buffer[] {
  return devices.map(({ deviceId }) => Buffer.from(deviceId));
}

test("what has expired is emptied, batch after batch, and the rest is left", async () => {
  const past = Math.floor(Date.now() / 60_000) * 60 - 60;
  const expired = [await send(past), await send(past), await send(past)];
  const future = await send(past + 3_600);
  const metrics = createMetrics();
  const stop = startUpkeep({
    database: relay.database,
    bus: new LocalBus(),
    clock: Date.now,
    log: keptLog().log,
    metrics,
    batch: 2,
  });
  await expect.poll(() => sizes(expired)).toEqual([0, 0, 0]);
  await expect.poll(() => metrics.upkeepDoneAt.value).toBeCloseTo(Date.now() / 1_000, -2);
  await stop();
  expect(metrics.upkeepDone.of("expired messages").count).toBe(3);
  expect(await sizes([future])).not.toEqual([0]);
  expect((await rowSeenBy(b, nth(expired, 0))).stub).toBe(StubReason.EXPIRED);
});

test("a clock that nobody has seen at work for a month makes nothing old", async () => {
  const old = await send();
  const now = Date.now() + 46 * DAY_MS;
  const attempt = { account: null, serverState: "", expiresAt: Date.now(), now: Date.now() };
  await insertLoginAttempt(relay.database, randomBytes(16), attempt);
  const bus = new LocalBus();
  const stop = startUpkeep({
    database: relay.database,
    bus,
    clock: () => now,
    log: keptLog().log,
    metrics: createMetrics(),
  });
  // This is cleared away after what is old.
  await expect.poll(() => count("from login_attempts")).toBe(0);
  await stop();
  expect((await sizes([old])).every((size) => size > 0)).toBe(true);
  expect(await count("from devices where lapsed_at is not null")).toBe(0);
});

test("messages older than 30 days become stubs, in batches, and their place in the log stays", async () => {
  const old = [await send(), await send(), await send(), await send(), await send()];
  await tidy(29 * DAY_MS);
  expect((await sizes(old)).every((size) => size > 0)).toBe(true);
  const before = await rowSeenBy(b, nth(old, 2));
  await relay.database.query(
    "update log set stored_at = stored_at - $1::int8 where sequence = any($2::int8[])",
    [31 * DAY_MS, old.slice(0, 3).map(String)],
  );
  await tidy();
  expect((await sizes(old)).map((size) => size > 0)).toEqual([false, false, false, true, true]);
  const after = await rowSeenBy(b, nth(old, 2));
  expect(after).toMatchObject({
    stub: StubReason.RETENTION,
    envelope: new Uint8Array(),
    wrap: new Uint8Array(),
  });
  expect(after.rowHash).toEqual(before.rowHash);
});

test("a device that is silent for 45 days is left out of rosters, and is in them again when it returns", async () => {
  const silent = nth(bob.devices, 1);
  const bus = new LocalBus();
  const events: BusEvent[] = [];
  bus.subscribe((event) => events.push(event));
  await relay.database.query("update devices set seen_at = $1::int8 where device_id = $2::bytea", [
    Date.now() - 46 * DAY_MS,
    silent.keys.deviceId,
  ]);
  const before = await rosterOf(a, id);
  expect(devicesIn(before)).toContainEqual(Buffer.from(silent.keys.deviceId));
  await tidy(0, bus);
  const without = await rosterOf(a, id);
  expect(without.version).toBe(before.version + 1n);
  expect(devicesIn(without)).not.toContainEqual(Buffer.from(silent.keys.deviceId));
  expect(devicesIn({ devices: without.absent })).toEqual([Buffer.from(silent.keys.deviceId)]);
  expect(events).toMatchObject([{ kind: "moved" }]);

  // It has nothing in this row, and everything in the next.
  expect((await rowSeenBy(silent, await send())).wrap).toHaveLength(0);
  await noteSeen(
    relay.database,
    bus,
    { accountId: bob.accountId, deviceId: silent.keys.deviceId },
    Date.now(),
  );
  const again = await rosterOf(a, id);
  expect(devicesIn(again)).toContainEqual(Buffer.from(silent.keys.deviceId));
  expect(again.absent).toEqual([]);
  expect(events).toHaveLength(2);
  expect((await rowSeenBy(silent, await send())).wrap).not.toHaveLength(0);
  const stream = await RawStream.open(silent);
  expect(Number(stream.welcome?.lapsedAt)).toBeGreaterThan(Date.now() - 60_000);
  await stream.finish();
});

test("a device that was seen does not lapse", async () => {
  const before = await rosterOf(a, id);
  await tidy(44 * DAY_MS);
  await tidy();
  expect((await rosterOf(a, id)).version).toBe(before.version);
});

test("unfinished logins, ended tokens, and how far revoked devices had read and from where on, go", async () => {
  const now = Date.now();
  const { database } = relay;
  const owner = { accountId: bob.accountId, deviceId: b.keys.deviceId };
  for (const expiresAt of [now - 1, now - 2, now - 3, now + 60_000]) {
    await insertLoginAttempt(database, randomBytes(16), {
      account: null,
      serverState: "",
      expiresAt,
      now: 0,
    });
  }
  await insertTokenFamily(database, randomBytes(16), owner, { now, expiresAt: now - 31 * DAY_MS, kept: 4 });
  await insertTokenFamily(database, randomBytes(16), owner, { now, expiresAt: now - DAY_MS, kept: 4 });
  const former = await relay.addDevice(bob);
  const stream = await RawStream.open(former);
  stream.acknowledge(id, await send());
  await stream.finish();
  await append(bob, revocation(bob, former.keys));
  const left = () =>
    Promise.all(
      ["cursors", "device_starts"].map((table) =>
        count(`from ${table} where device_id = $1`, [former.keys.deviceId]),
      ),
    );
  expect(await left()).toEqual([1, 1]);
  await tidy();
  expect(await left()).toEqual([0, 0]);
  expect(await count("from login_attempts")).toBe(1);
  expect(await count("from token_families")).toBe(1);
});

test("a deleted account is nobody's to find, write to or sign in with; its name stays taken, and what it wrote stays", async () => {
  const carol = await relay.person("carol");
  const c = nth(carol.devices, 0);
  const withCarol = await openDirect(a, carol);
  const theirs = withCarol.conversation.conversationId;
  const stream = await RawStream.open(c);
  const live = await RawStream.open(c, { live: true });
  expect(await stream.submit(envelopeBy(c, withCarol.roster), wrapsBy(c, withCarol.roster))).toBe(1n);
  const self = await openDirect(c, carol);
  expect(await stream.submit(envelopeBy(c, self.roster), wrapsBy(c, self.roster))).toBe(1n);

  const account = accountId(carol.accountId);
  const events = await deleteAccount(relay.database, account, { now: Date.now() });
  expect(events.map(({ kind }) => kind)).toEqual(["removed", "moved", "moved"]);
  expect(await deleteAccount(relay.database, account, { now: Date.now() })).toEqual([]);

  const roster = await rosterOf(a, theirs);
  expect(devicesIn(roster)).toEqual([Buffer.from(a.keys.deviceId)]);
  expect(devicesIn({ devices: roster.absent })).toEqual([Buffer.from(c.keys.deviceId)]);
  const mine = await RawStream.open(a);
  expect(await mine.submit(envelopeBy(a, roster), wrapsBy(a, roster))).toBe("account_deleted");
  expect((await mine.pull(theirs, 0n)).rows[0]?.envelope.length).toBeGreaterThan(0);
  await mine.finish();
  expect(await isNameFree("carol")).toBe(false);
  expect(await count("from credentials where account_id = $1", [account])).toBe(0);

  await tidy();
  expect(await count("from log where conversation_id = $1", [self.conversation.conversationId])).toBe(0);
  expect(await count("from log where conversation_id = $1", [theirs])).toBe(1);
  await deleteAccount(relay.database, account, { now: Date.now(), freeName: true });
  expect(await isNameFree("carol")).toBe(true);
  live.call.cancel();
  stream.call.cancel();
});

test("what two people wrote to each other stays until the second of them is deleted, too", async () => {
  const [dave, erin] = [await relay.person("dave"), await relay.person("erin")];
  const d = nth(dave.devices, 0);
  const { conversation, roster } = await openDirect(d, erin);
  const stream = await RawStream.open(d);
  // More than one batch.
  for (let n = 0; n < 5; n += 1) await stream.submit(envelopeBy(d, roster), wrapsBy(d, roster));
  await stream.finish();
  const rows = () => count("from log where conversation_id = $1", [conversation.conversationId]);
  await deleteAccount(relay.database, accountId(dave.accountId), { now: Date.now() });
  await tidy();
  expect(await rows()).toBe(5);
  await deleteAccount(relay.database, accountId(erin.accountId), { now: Date.now() });
  await tidy();
  expect(await rows()).toBe(0);
  expect(await count("from accounts where deleted_at is not null and not cleared")).toBe(0);
});
