import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { toHex, utf8 } from "./bytes.ts";
import { decode, Reader, Writer } from "./encoding.ts";

test("numbers are big-endian and bytes carry their length", () => {
  const bytes = new Writer()
    .u8(1)
    .u16(0x0203)
    .u32(0x04050607)
    .u64(2 ** 40 + 5)
    .bytes(utf8("hé"), 9)
    .finish();
  expect(toHex(bytes)).toBe("01" + "0203" + "04050607" + "0000010000000005" + "00000003" + "68c3a9");
});

test("whatever is written is read again", () => {
  const fields = fc.record({
    small: fc.nat(255),
    middle: fc.nat(65535),
    large: fc.nat(0xffff_ffff),
    huge: fc.maxSafeNat(),
    bytes: fc.uint8Array({ maxLength: 40 }),
    text: fc.string({ unit: "grapheme", maxLength: 10 }),
  });
  fc.assert(
    fc.property(fields, ({ small, middle, large, huge, bytes, text }) => {
      const written = new Writer()
        .u8(small)
        .u16(middle)
        .u32(large)
        .u64(huge)
        .bytes(bytes, 40)
        .text(text, 999);
      const read = decode(written.finish(), (reader) => ({
        small: reader.u8(),
        middle: reader.u16(),
        large: reader.u32(),
        huge: reader.u64(),
        bytes: reader.bytes(40),
        text: reader.text(999),
      }));
      expect(read).toEqual({ small, middle, large, huge, bytes, text });
    }),
  );
});

test("a value that does not fit its field is refused when written", () => {
  const refused: ((writer: Writer) => Writer)[] = [
    (writer) => writer.u8(256),
    (writer) => writer.u8(-1),
    (writer) => writer.u16(1.5),
    (writer) => writer.u32(2 ** 32),
    (writer) => writer.u64(2 ** 53),
    (writer) => writer.u64(Number.NaN),
    (writer) => writer.fixed(new Uint8Array(31), 32),
    (writer) => writer.bytes(new Uint8Array(5), 4),
    (writer) => writer.text("\ud800", 9),
  ];
  for (const write of refused)
    expect(
      refusal(() => write(new Writer())),
      `${write}`,
    ).toBe("malformed");
});

test("a number above 2^53 - 1 is refused when read", () => {
  expect(new Reader(Uint8Array.of(0, 0x1f, 255, 255, 255, 255, 255, 255)).u64()).toBe(
    Number.MAX_SAFE_INTEGER,
  );
  expect(refusal(() => new Reader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)).u64())).toBe("malformed");
});

test("too few bytes, too many bytes and too long a field are refused", () => {
  expect(refusal(() => new Reader(Uint8Array.of(0, 0, 1)).u32())).toBe("malformed");
  expect(refusal(() => decode(Uint8Array.of(1, 2), (reader) => reader.u8()))).toBe("malformed");
  expect(refusal(() => new Reader(Uint8Array.of(0, 0, 0, 5, 1, 2, 3, 4, 5)).bytes(4))).toBe("malformed");
  expect(refusal(() => new Reader(Uint8Array.of(255, 255, 255, 255)).bytes(0xffff_ffff))).toBe("malformed");
});

test("text that is not UTF-8 is refused; a byte order mark is kept", () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    expect(refusal(() => new Reader(Uint8Array.of(0, 0, 0, bytes.length, ...bytes)).text(9))).toBe(
      "malformed",
    );
  }
  expect(new Reader(Uint8Array.of(0, 0, 0, 3, 0xef, 0xbb, 0xbf)).text(9)).toBe("\ufeff");
});

test("what is read does not change with the bytes it was read from", () => {
  const buffer = Buffer.from([1, 2, 3, 4]);
  const read = new Reader(buffer).fixed(4);
  buffer.fill(9);
  expect(read).toEqual(Uint8Array.of(1, 2, 3, 4));
});
