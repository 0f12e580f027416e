import { inspect } from "node:util";
import { expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { asSecret } from "./bytes.ts";
import * as ids from "./ids.ts";

const constructors: [string, (bytes: Uint8Array) => Uint8Array, number][] = [
  ["accountId", ids.accountId, 32],
  ["deviceId", ids.deviceId, 16],
  ["messageId", ids.messageId, 16],
  ["conversationId", ids.conversationId, 32],
  ["incarnation", ids.incarnation, 16],
  ["hash", ids.hash, 32],
  ["signature", ids.signature, 64],
  ["contentKey", ids.contentKey, 32],
  ["ephemeralKey", ids.ephemeralKey, 32],
  ["signingPublicKey", ids.signingPublicKey, 32],
  ["agreementPublicKey", ids.agreementPublicKey, 32],
  ["kemPublicKey", ids.kemPublicKey, 1184],
  ["recoveryPublicKey", ids.recoveryPublicKey, 1216],
];

test.each(constructors)("%s takes its own number of bytes and no other", (_, make, length) => {
  expect(make(new Uint8Array(length))).toHaveLength(length);
  for (const wrong of [0, length - 1, length + 1]) {
    expect(refusal(() => make(new Uint8Array(wrong)))).toBe("malformed");
  }
});

test("ids are read from lower-case hex", () => {
  expect(ids.idFromHex(ids.deviceId, "00ff".repeat(8))).toEqual(
    ids.deviceId(Uint8Array.from({ length: 16 }, (_, at) => (at % 2) * 255)),
  );
  expect(refusal(() => ids.idFromHex(ids.deviceId, "00FF".repeat(8)))).toBe("malformed");
});

test("a secret stays one when it gets its type", () => {
  expect(inspect(ids.contentKey(asSecret(new Uint8Array(32))))).toBe("[secret]");
});
