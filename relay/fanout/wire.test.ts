import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeEphemeralHeader } from "../../keys/ephemeral-header.ts";
import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  envelopeHash,
  hash,
  ready,
  signature,
} from "../../keys/index.ts";
import { encodeMembershipBody, encodeMembershipEntry } from "../../keys/membership-entry.ts";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type CommittedRow, type DeviceKey, deviceKey } from "./committed-row.ts";
import {
  decodeForDevice,
  decodeForRelays,
  encodeClaim,
  encodeForRelays,
  encodeRow,
  encodeSignal,
  type RelaysEvent,
} from "./wire.ts";

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const account = (value: number): AccountId => accountId(filled(32, value));
const device = (value: number): DeviceId => deviceId(filled(16, value));
const key = (value: number): DeviceKey => deviceKey(account(value), device(value));
const conversation: ConversationId = conversationId(filled(32, 9));
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

let entry: Uint8Array;

beforeAll(async () => {
  await ready();
  const body = encodeMembershipBody({
    conversation,
    sequence: 3,
    previous: hash(filled(32, 1)),
    signer: { accountId: account(1), deviceId: device(1), head: { sequence: 0, hash: hash(filled(32, 2)) } },
    createdAt: 1,
    content: { type: "leave" },
  });
  entry = encodeMembershipEntry(body, signature(filled(64, 3)));
});

const [sender, reader, bare, stranger] = [key(1), key(2), key(3), key(4)];

/** A message of `sender`, with a wrap for itself and `reader`, none for `bare`, and no slot for `stranger`. */
const message = fc
  .record({
    sequence: fc.bigInt({ min: 2n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
    rowHash: bytes(32).map(hash),
    envelope: bytes(1, 300),
    envelopeHash: bytes(32),
    wrap: bytes(1, 200),
    storedAt: u64,
  })
  .map(
    ({ wrap, ...row }): CommittedRow => ({
      ...row,
      sender,
      wraps: [wrap, wrap, null],
      slots: new Map([sender, reader, bare].map((one, slot) => [one, slot])),
    }),
  );

function tell(row: CommittedRow, to: DeviceKey, devices = 4) {
  return decodeForDevice(encodeRow({ conversationId: conversation, row }, devices)(to), to);
}

/** What the fan-out makes of it for that device. */
function delivered(row: CommittedRow, to: DeviceKey) {
  const slot = row.slots.get(to);
  const isOwn = row.sender === to;
  const envelope = isOwn ? new Uint8Array() : row.envelope;
  return {
    ...{ sequence: row.sequence, rowHash: row.rowHash, storedAt: row.storedAt, stub: row.stub },
    envelope,
    envelopeHash: envelope.length === 0 ? row.envelopeHash : new Uint8Array(),
    entry: row.entry,
    wrap: (isOwn || slot === undefined ? null : row.wraps[slot]) ?? null,
  };
}

describe("what a device is told over the bus", () => {
  test("is delivered there as here", () => {
    fc.assert(
      fc.property(message, fc.constantFrom(sender, reader, bare, stranger), (row, to) => {
        const told = tell(row, to);
        expect(told).toMatchObject({ kind: "row", conversationId: conversation });
        if (told?.kind !== "row") return;
        expect(delivered(told.row, to)).toEqual(delivered(row, to));
      }),
    );
  });

  test("is a stub, where the message's time had run out", () => {
    fc.assert(
      fc.property(message, (whole) => {
        const row = { ...whole, stub: StubReason.EXPIRED, envelope: new Uint8Array(), wraps: [] };
        const told = tell(row, reader);
        if (told?.kind !== "row") throw new Error("no row");
        expect(delivered(told.row, reader)).toEqual(delivered(row, reader));
      }),
    );
  });

  test("is only that the conversation moved, at its first row, a large one and one for very many", () => {
    const [row] = fc.sample(message, 1) as [CommittedRow];
    const moved = { kind: "moved", conversationId: conversation };
    expect(tell({ ...row, sequence: 1n }, reader)).toEqual(moved);
    expect(tell({ ...row, envelope: filled(16_385, 1) }, reader)).toEqual(moved);
    expect(tell({ ...row, envelope: filled(16_384, 1) }, reader)).toMatchObject({ kind: "row" });
    expect(tell({ ...row, envelope: filled(16_384, 1) }, reader, 1_000)).toEqual(moved);
    expect(tell({ ...row, wraps: [null, filled(5_000, 1), null] }, reader)).toEqual(moved);
    expect(tell({ ...row, wraps: [null, filled(5_000, 1), null] }, bare)).toMatchObject({ kind: "row" });
  });

  test("is a signal or a claim", () => {
    const header = { conversation, sender: account(1), senderDevice: device(1), nonce: filled(24, 5) };
    const frame = new Uint8Array(Buffer.concat([encodeEphemeralHeader(header), filled(300, 6)]));
    expect(decodeForDevice(encodeSignal(frame), reader)).toEqual({ kind: "signal", frame });
    expect(decodeForDevice(encodeSignal(filled(400, 255)), reader)).toBeUndefined();
    fc.assert(
      fc.property(u64, (lease) => {
        expect(decodeForDevice(encodeClaim(lease), reader)).toEqual({ kind: "claim", lease });
      }),
    );
  });
});

describe("what all relays are told", () => {
  const known = (): fc.Arbitrary<RelaysEvent> =>
    fc.oneof(
      fc
        .record({
          devices: fc.array(fc.integer({ min: 0, max: 255 }).map(key)),
          sequence: fc.integer({ min: 1 }),
        })
        .map(({ devices, sequence }) => ({
          kind: "moved" as const,
          conversationId: conversation,
          devices,
          row: entryRow(BigInt(sequence)),
        })),
      fc.constant({ kind: "moved" as const, conversationId: conversation, devices: [reader] }),
      fc.record({
        kind: fc.constant("removed" as const),
        accountId: bytes(32).map(accountId),
        deviceId: bytes(16).map(deviceId),
      }),
      fc.constant({ kind: "removed", accountId: account(1), deviceId: device(1), disabled: true } as const),
      fc.record({
        kind: fc.constant("registered" as const),
        accountId: bytes(32).map(accountId),
        name: fc.stringMatching(/^[a-z][a-z0-9]{2,10}$/),
        registeredAt: u64,
      }),
      fc.record({
        kind: fc.constant("beat" as const),
        relay: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        missed: fc.boolean(),
      }),
    );
  const entryRow = (sequence: bigint): CommittedRow => ({
    sequence,
    rowHash: hash(filled(32, 7)),
    sender: "",
    envelope: new Uint8Array(),
    envelopeHash: new Uint8Array(),
    entry,
    wraps: [],
    slots: new Map(),
    storedAt: 12n,
  });

  test("arrives as it was", () => {
    fc.assert(
      fc.property(known(), (event) => {
        expect(decodeForRelays(encodeForRelays(event))).toEqual(event);
      }),
    );
  });

  test("has an entry, and never a message that all of them would get", () => {
    const [row] = fc.sample(message, 1) as [CommittedRow];
    const event = { kind: "moved", conversationId: conversation, devices: [reader], row } as const;
    expect(decodeForRelays(encodeForRelays(event))).toBeUndefined();
  });
});

describe("what nobody would send", () => {
  test("is not taken, whatever it is, and nothing breaks", () => {
    const take = (given: Uint8Array): void => {
      decodeForDevice(given, reader);
      decodeForRelays(given);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), take));
    const parts = fc.tuple(message, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean());
    fc.assert(
      fc.property(parts, ([row, at, value, cut]) => {
        const right = encodeRow({ conversationId: conversation, row }, 4)(reader);
        const place = at % right.length;
        take(cut ? right.subarray(0, place) : right.with(place, value));
      }),
    );
    expect(decodeForDevice(new Uint8Array(), reader)).toBeUndefined();
    expect(decodeForRelays(new Uint8Array())).toBeUndefined();
  });

  test("is refused where a part has another length, or too many are there", () => {
    const [row] = fc.sample(message, 1) as [CommittedRow];
    const wrong: Partial<CommittedRow>[] = [
      { rowHash: filled(31, 1) as CommittedRow["rowHash"] },
      { sequence: BigInt(Number.MAX_SAFE_INTEGER) + 1n },
      { envelope: new Uint8Array(), envelopeHash: filled(33, 1) },
      { envelope: new Uint8Array(), envelopeHash: new Uint8Array() },
      { entry: filled(100, 1) },
      { envelope: new Uint8Array(), envelopeHash: new Uint8Array(), entry: filled(100, 1) },
      { stub: 77 as StubReason },
    ];
    for (const part of wrong) expect(tell({ ...row, ...part }, reader)).toBeUndefined();
    expect(tell({ ...row, envelopeHash: envelopeHash(row.envelope) }, reader)).toMatchObject({ kind: "row" });
  });
});
