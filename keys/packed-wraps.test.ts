import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { concat, equal, toHex } from "./bytes.ts";
import { MAX_WRAP_BYTES, packWraps, unpackWraps } from "./packed-wraps.ts";
import { MAX_ROSTER_DEVICES } from "./roster.ts";

const slices = fc.array(fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 })), { maxLength: 20 });

test("each slot gets its own slice back, and an empty one nothing", () => {
  fc.assert(
    fc.property(slices, (list) => {
      expect(unpackWraps(packWraps(list))).toEqual(list);
    }),
  );
});

test("the form is count, offsets, data", () => {
  const packed = packWraps([Uint8Array.of(0xaa), null, Uint8Array.of(0xbb, 0xcc)]);
  expect(toHex(packed)).toBe(`0003${"00000000"}${"00000001"}${"00000001"}${"00000003"}aabbcc`);
});

test("what can be unpacked has one form only", () => {
  const random = fc.tuple(slices, fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(random, ([list, place, change]) => {
      const packed = packWraps(list);
      const at = place % packed.length;
      packed[at] = (packed[at] ?? 0) ^ change;
      let again: Uint8Array | undefined;
      const outcome = refusal(() => {
        again = packWraps(unpackWraps(packed));
      });
      expect(outcome === "malformed" || (again !== undefined && equal(again, packed))).toBe(true);
    }),
  );
});

test("cut or lengthened it is refused", () => {
  const packed = packWraps([new Uint8Array(125), null, new Uint8Array(1334)]);
  for (let length = 0; length < packed.length; length += 1) {
    expect(refusal(() => unpackWraps(packed.subarray(0, length)))).toBe("malformed");
  }
  expect(refusal(() => unpackWraps(concat(packed, Uint8Array.of(0))))).toBe("malformed");
});

test("the limits are 1,024 slots and 1,500 bytes a wrap, below what a relay takes", () => {
  const full = new Uint8Array(MAX_WRAP_BYTES);
  const most = packWraps(Array.from({ length: MAX_ROSTER_DEVICES }, () => full));
  expect(most.length).toBeLessThanOrEqual(1_572_864);
  expect(unpackWraps(most)).toHaveLength(MAX_ROSTER_DEVICES);
  expect(refusal(() => packWraps(Array.from({ length: MAX_ROSTER_DEVICES + 1 }, () => null)))).toBe(
    "malformed",
  );
  expect(refusal(() => packWraps([new Uint8Array(MAX_WRAP_BYTES + 1)]))).toBe("malformed");
  expect(refusal(() => packWraps([new Uint8Array(0)]))).toBe("malformed");
});
