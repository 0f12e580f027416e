import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "./bytes.ts";
import { hkdf, hmac } from "./hmac.ts";
import { hkdfSha256, hmacSha256 } from "./sodium.ts";

test("HMAC is Node's HMAC for every key of up to one block", () => {
  const message = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), message, (key, bytes) => {
      expect(toHex(hmac(key, bytes))).toBe(toHex(hmacSha256(key, bytes)));
    }),
  );
});

test("HKDF is Node's HKDF", () => {
  const salt = fc.uint8Array({ maxLength: 64 });
  const secret = fc.uint8Array({ maxLength: 300 });
  const info = fc.uint8Array({ maxLength: 100 });
  fc.assert(
    fc.property(secret, salt, info, fc.integer({ min: 1, max: 200 }), (ikm, salted, context, length) => {
      expect(toHex(hkdf(ikm, salted, context, length))).toBe(toHex(hkdfSha256(ikm, salted, context, length)));
    }),
  );
});

test("what it cannot do it does not do", () => {
  expect(() => hmac(new Uint8Array(65), new Uint8Array(1))).toThrow(RangeError);
  expect(() => hkdf(new Uint8Array(32), new Uint8Array(32), new Uint8Array(0), 255 * 32 + 1)).toThrow(
    RangeError,
  );
});

test("its results own their memory and print as secrets", () => {
  const made = hmac(new Uint8Array(32), new Uint8Array(1));
  expect(made.buffer.byteLength).toBe(32);
  expect(String(made)).toBe("[secret]");
  expect(String(hkdf(made, made, made, 32))).toBe("[secret]");
});
