import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { concat, equal } from "./bytes.ts";
import { PADDING_FLOOR, pad, paddedLength, unpad } from "./padding.ts";

test("what was padded comes back, whatever it ends in", () => {
  const ends = fc.constantFrom([], [0], [0x80], [0x80, 0, 0], [0, 0x80]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), ends, (start, end) => {
      const bytes = concat(start, Uint8Array.from(end));
      expect(equal(unpad(pad(bytes)), bytes)).toBe(true);
      expect(pad(bytes)).toHaveLength(paddedLength(bytes.length));
    }),
  );
});

test("lengths have a floor of 256 and then a step of at most an eighth", () => {
  expect([0, 1, 254, 255].map(paddedLength)).toEqual([256, 256, 256, 256]);
  expect([256, 271, 272, 511, 512, 1000, 4095, 65_536].map(paddedLength)).toEqual([
    272, 272, 288, 512, 544, 1024, 4096, 67_584,
  ]);
  let steps = 0;
  let before = PADDING_FLOOR;
  const wrong: number[] = [];
  for (let length = 0; length < 131_072; length += 1) {
    const padded = paddedLength(length);
    const cheap = (padded - length - 1) / (length + 1) < 0.12 || padded === PADDING_FLOOR;
    if (padded <= length || padded < before || !cheap) wrong.push(length);
    if (padded !== before) steps += 1;
    before = padded;
  }
  expect(wrong).toEqual([]);
  // All lengths that an observer can tell apart, from nothing to 128 KiB.
  expect(steps).toBe(PADDED_LENGTHS - 1);
});

/** 16 lengths an octave from 256 to 65,536, 32 from there to 131,072; and the first. */
const PADDED_LENGTHS = 8 * 16 + 32 + 1;

test("a padded length stays itself: no length is between two steps", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 131_072 }), (length) => {
      const padded = paddedLength(length);
      expect(paddedLength(padded - 1)).toBe(padded);
    }),
  );
});

test("cut, lengthened, unmarked or dirty padding is refused", () => {
  const padded = pad(Uint8Array.of(1, 2, 3));
  const dirty = Uint8Array.from(padded);
  dirty[200] = 1;
  const unmarked = Uint8Array.from(padded);
  unmarked[3] = 0;
  for (const wrong of [padded.subarray(0, -1), concat(padded, Uint8Array.of(0)), dirty, unmarked]) {
    expect(refusal(() => unpad(wrong))).toBe("malformed");
  }
  for (const empty of [0, 1, 255, 256]) expect(refusal(() => unpad(new Uint8Array(empty)))).toBe("malformed");
});
