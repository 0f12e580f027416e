import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { asSecret, concat, equal } from "./bytes.ts";
import { openEphemeral, sealEphemeral } from "./ephemeral.ts";
import { EPHEMERAL_HEADER_BYTES, readEphemeralHeader } from "./ephemeral-header.ts";
import { accountId, conversationId, deviceId, ephemeralKey } from "./ids.ts";
import { flip } from "./make-vectors/damage.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

const random = seededRandom("ephemeral test");
const header = {
  conversation: conversationId(new Uint8Array(32).fill(1)),
  sender: accountId(new Uint8Array(32).fill(2)),
  senderDevice: deviceId(new Uint8Array(16).fill(3)),
};
const key = ephemeralKey(asSecret(new Uint8Array(32).fill(4)));
const seal = (body: Uint8Array) => sealEphemeral({ header, body, key, random });

test("what goes in comes out", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (body) => {
      const opened = openEphemeral(seal(body), key);
      expect(equal(opened.body, body)).toBe(true);
      expect(opened.header).toMatchObject(header);
    }),
  );
});

test("anybody can read the header, and only the header", () => {
  const frame = seal(Uint8Array.of(1));
  expect(readEphemeralHeader(frame)).toMatchObject(header);
  expect(Buffer.from(frame).includes(Buffer.from(key))).toBe(false);
});

test("typing and not typing are the same size, and no two frames are the same", () => {
  const [one, other] = [seal(Uint8Array.of(1)), seal(Uint8Array.of(0, 0, 0))];
  expect(one.length).toBe(other.length);
  expect(equal(seal(Uint8Array.of(1)), seal(Uint8Array.of(1)))).toBe(false);
});

test("every single bit counts", () => {
  const frame = seal(Uint8Array.of(1, 2, 3));
  for (let at = 0; at < frame.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const expected = at === 0 ? "unsupported_version" : "decrypt_failed";
      expect(refusal(() => openEphemeral(flip(frame, at, bit), key))).toBe(expected);
    }
  }
});

test("cut or lengthened it is refused", () => {
  const frame = seal(new Uint8Array(400));
  for (let length = 0; length < frame.length; length += 1) {
    const expected = length < EPHEMERAL_HEADER_BYTES + 256 + 16 ? "malformed" : "decrypt_failed";
    expect(refusal(() => openEphemeral(frame.subarray(0, length), key))).toBe(expected);
  }
  expect(refusal(() => openEphemeral(concat(frame, Uint8Array.of(0)), key))).toBe("decrypt_failed");
});

test("a frame above 4 KiB is not made", () => {
  expect(refusal(() => seal(new Uint8Array(3700)))).toBe("nothing");
  expect(refusal(() => seal(new Uint8Array(4000)))).toBe("malformed");
});
