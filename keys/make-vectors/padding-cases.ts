import { concat, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { packWraps } from "../packed-wraps.ts";
import { pad } from "../padding.ts";
import { put } from "./damage.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases } from "./vector.ts";

export function paddingCases(): Cases {
  const bytes = (length: number) => seededRandom("padding")(length);
  const check = (expect: "ok" | KeysErrorCode, about: string, padded: Uint8Array) => ({
    about,
    operation: "unpad",
    input: { padded: toHex(padded) },
    expect,
  });
  return {
    "padding-empty": check("ok", "nothing, padded to 256", pad(new Uint8Array(0))),
    "padding-zeros": check("ok", "zeros at the end belong to the text", pad(new Uint8Array(40))),
    "padding-mark-inside": check("ok", "a text that ends in the mark", pad(Uint8Array.of(0x80, 0x80))),
    "padding-255": check("ok", "255 bytes fill the floor", pad(bytes(255))),
    "padding-256": check("ok", "256 bytes need 272", pad(bytes(256))),
    "padding-1000": check("ok", "1,000 bytes need 1,024", pad(bytes(1000))),
    "padding-none": check("malformed", "no bytes", new Uint8Array(0)),
    "padding-no-mark": check("malformed", "zeros only", new Uint8Array(256)),
    "padding-wrong-mark": check(
      "malformed",
      "the last byte is neither zero nor the mark",
      put(pad(bytes(9)), 255, Uint8Array.of(1)),
    ),
    "padding-below-floor": check("malformed", "shorter than 256", pad(bytes(9)).subarray(0, 255)),
    "padding-above-need": check("malformed", "the next length up", concat(pad(bytes(9)), new Uint8Array(16))),
    "padding-between": check(
      "malformed",
      "a length between two steps",
      concat(pad(bytes(256)), new Uint8Array(1)),
    ),
  };
}

export function packedWrapsCases(): Cases {
  const random = seededRandom("wraps");
  const packed = packWraps([random(113), null, random(113), random(1320)]);
  const check = (expect: "ok" | KeysErrorCode, about: string, bytes: Uint8Array) => ({
    about,
    operation: "unpack wraps",
    input: { packed: toHex(bytes) },
    expect,
  });
  const table = (...numbers: number[]) => {
    const bytes = new Uint8Array(2 + 4 * numbers.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, numbers.length - 1);
    for (const [index, number] of numbers.entries()) view.setUint32(2 + 4 * index, number);
    return bytes;
  };
  return {
    "wraps-four": check("ok", "four slots, the second empty", packed),
    "wraps-none": check("ok", "no slots", packWraps([])),
    "wraps-truncated": check("malformed", "the last byte is missing", packed.subarray(0, -1)),
    "wraps-trailing-byte": check("malformed", "a byte follows", concat(packed, Uint8Array.of(0))),
    "wraps-first-offset": check(
      "malformed",
      "the first offset is not 0",
      concat(table(1, 3), new Uint8Array(3)),
    ),
    "wraps-falling-offsets": check(
      "malformed",
      "an offset below the one before",
      concat(table(0, 3, 2), new Uint8Array(2)),
    ),
    "wraps-overlap": check(
      "malformed",
      "two wraps that share a byte",
      concat(table(0, 2, 1, 2), new Uint8Array(2)),
    ),
    "wraps-too-long": check(
      "malformed",
      "a wrap of 1,501 bytes",
      concat(table(0, 1501), new Uint8Array(1501)),
    ),
    "wraps-too-many": check("malformed", "1,025 slots", table(...Array.from({ length: 1026 }, () => 0))),
    "wraps-table-cut": check("malformed", "the table is cut", table(0, 0, 0).subarray(0, -2)),
  };
}
