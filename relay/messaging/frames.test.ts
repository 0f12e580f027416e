import { create, fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConnectResponseSchema, StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { encodeFrame, encodeRow } from "./frames.ts";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 120, max: 140 }).map((length) => new Uint8Array(length).fill(7)),
  fc.constantFrom(16_383, 16_384).map((length) => new Uint8Array(length)),
);
/** All lengths that a varint can have, and where they meet. */
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc
    .tuple(fc.integer({ min: 0, max: 64 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([power, by]) => BigInt.asUintN(64, 2n ** BigInt(power) + by)),
);

const acceptance = fc.record({ tag: u64, sequence: u64, logHash: bytes, storedAt: u64, rosterVersion: u64 });
const delivery = fc.record({
  conversationId: bytes,
  sequence: u64,
  rowHash: bytes,
  envelope: bytes,
  envelopeHash: bytes,
  wrap: bytes,
  entry: bytes,
  stub: fc.constantFrom(StubReason.UNSPECIFIED, StubReason.EXPIRED, StubReason.DELETED, StubReason.RETENTION),
  storedAt: u64,
});
const words = fc.option(
  fc.record({ pong: fc.record({ nonce: u64 }), heads: fc.array(fc.record({ conversationId: bytes })) }),
  { nil: undefined },
);

test("a frame is what protobuf-es makes of the same fields", () => {
  fc.assert(
    fc.property(
      words,
      fc.array(acceptance, { maxLength: 3 }),
      fc.array(delivery, { maxLength: 3 }),
      (rest, accepted, deliveries) => {
        const encoded = deliveries.map(({ wrap, ...row }) => ({ row: encodeRow(row), wrap }));
        const read = fromBinary(ConnectResponseSchema, new Uint8Array(encodeFrame(rest, accepted, encoded)));
        expect(read).toEqual(create(ConnectResponseSchema, { ...rest, accepted, deliveries }));
      },
    ),
    { numRuns: 500 },
  );
});
