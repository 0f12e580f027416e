import { afterAll, beforeAll, expect, test } from "vitest";
import { messageId, randomBytes } from "../../keys/index.ts";
import { MessagingService, StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import {
  type BareRelay,
  nth,
  type Person,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { reasonOf } from "../../test/support/member.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";

let relay: BareRelay;
let alice: Person;
let bob: Person;
let a: TestDevice;
let b: TestDevice;
let opened: Opened;
let id: Uint8Array;

beforeAll(async () => {
  relay = await startBareRelay();
  alice = await relay.person("alice", 2);
  bob = await relay.person("bob");
  a = nth(alice.devices, 0);
  b = nth(bob.devices, 0);
  opened = await openDirect(a, bob);
  id = opened.conversation.conversationId;
});

afterAll(() => relay.stop());

function erase(by: TestDevice, sequence: bigint, conversationId = id) {
  return callUnary(by.client, MessagingService.method.eraseRow, { conversationId, sequence }, by.metadata);
}

async function send(expiresAt = 0) {
  const stream = await RawStream.open(a);
  const bytes = [
    envelopeBy(a, opened.roster, { messageId: messageId(randomBytes(16)), expiresAt }),
    wrapsBy(a, opened.roster),
  ] as const;
  const sequence = await stream.submit(...bytes);
  await stream.finish();
  if (typeof sequence === "string") throw new Error(sequence);
  return { bytes, sequence };
}

async function rowSeenBy(device: TestDevice, sequence: bigint) {
  const stream = await RawStream.open(device);
  const { rows } = await stream.pull(id, sequence - 1n, 1);
  await stream.finish();
  return nth(rows, 0);
}

async function bytesKept(sequence: bigint): Promise<number> {
  const { rows } = await relay.database.query<{ size: number }>(
    "select octet_length(envelope) + octet_length(wraps) as size from log where sequence = $1",
    [sequence],
  );
  return nth(rows, 0).size;
}

test("another device of the sender erases a message: a stub with the same hash is left, on disk too", async () => {
  const { sequence } = await send();
  const before = await rowSeenBy(b, sequence);
  await erase(nth(alice.devices, 1), sequence);
  await erase(a, sequence);
  const after = await rowSeenBy(b, sequence);
  expect(after.stub).toBe(StubReason.DELETED);
  expect(after.envelope).toHaveLength(0);
  expect(after.wrap).toHaveLength(0);
  expect(after.rowHash).toEqual(before.rowHash);
  expect(await bytesKept(sequence)).toBe(0);
});

test("an erased message that is submitted again is answered as before, and not stored again", async () => {
  const { bytes, sequence } = await send();
  await erase(a, sequence);
  const stream = await RawStream.open(a);
  expect(await stream.submit(...bytes)).toBe(sequence);
  await stream.finish();
  expect((await rowSeenBy(b, sequence)).stub).toBe(StubReason.DELETED);
});

test("nobody erases what another account wrote, what is not there, or where he is not in", async () => {
  const { sequence } = await send();
  const carol = await relay.person("carol");
  expect(await reasonOf(erase(b, sequence))).toBe("not_permitted");
  expect(await reasonOf(erase(nth(carol.devices, 0), sequence))).toBe("unknown_conversation");
  expect(await reasonOf(erase(a, sequence + 1n))).toBe("malformed");
  expect((await rowSeenBy(b, sequence)).stub).toBe(StubReason.UNSPECIFIED);
});

test("a message whose time has run out is pulled and pushed as a stub before anything swept it", async () => {
  const live = await RawStream.open(b, { live: true });
  const { sequence } = await send(Math.floor(Date.now() / 60_000) * 60 - 60);
  await live.until(() => live.deliveries.some((row) => row.sequence === sequence));
  const pushed = live.deliveries.find((row) => row.sequence === sequence);
  await live.finish();
  expect(pushed?.stub).toBe(StubReason.EXPIRED);
  expect(pushed?.envelope).toHaveLength(0);
  const pulled = await rowSeenBy(b, sequence);
  expect(pulled.stub).toBe(StubReason.EXPIRED);
  expect(pulled.envelope).toHaveLength(0);
  expect(await bytesKept(sequence)).toBeGreaterThan(0);
});
