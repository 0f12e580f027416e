import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { asPlain, asSecret, compare, concat, equal, fromHex, toHex } from "./bytes.ts";

test("hex goes there and back", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => equal(fromHex(toHex(bytes)), bytes)));
});

test("hex with capitals, an odd digit, a space or a prefix is refused", () => {
  for (const text of ["AB", "abc", "a b0", " ab", "0xab", "ab\n", "zz"]) {
    expect(
      refusal(() => fromHex(text)),
      text,
    ).toBe("malformed");
  }
});

test("bytes are equal by value and by length", () => {
  const one = Uint8Array.of(1, 2, 3);
  expect(equal(one, Uint8Array.of(1, 2, 3))).toBe(true);
  expect(equal(one, Uint8Array.of(1, 2, 4))).toBe(false);
  expect(equal(one, Uint8Array.of(1, 2))).toBe(false);
});

test("order is that of unsigned bytes, the shorter first", () => {
  expect(compare(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBe(-1);
  expect(compare(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(1);
});

test("parts are joined into memory of their own", () => {
  const part = Uint8Array.of(1);
  const joined = concat(part, Uint8Array.of(2));
  part[0] = 9;
  expect(joined).toEqual(Uint8Array.of(1, 2));
});

test("a secret does not print, nor do its copies and slices", () => {
  const secret = asSecret(Uint8Array.of(222, 173));
  for (const shown of [secret, secret.slice(), secret.subarray(1), asSecret(secret)]) {
    expect(inspect({ key: shown })).toBe("{ key: [secret] }");
    expect(JSON.stringify({ key: shown })).toBe('{"key":"[secret]"}');
    expect(`${shown}`).toBe("[secret]");
  }
  expect(equal(secret, Uint8Array.of(222, 173))).toBe(true);
});

test("a Buffer becomes plain bytes, whose slices are copies", () => {
  const buffer = Buffer.from([1, 2, 3]);
  const copy = asPlain(buffer).slice(0, 2);
  buffer[0] = 9;
  expect(copy).toEqual(Uint8Array.of(1, 2));
});
