import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { person } from "./make-vectors/people.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import { loginProof, refreshProof, resetProof, signProof, verifyProof } from "./relay-proofs.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

const random = seededRandom("proofs");
const sessionKey = random(64);
const loginId = random(16);
const nonce = random(56);

test("a login proof is good for that session, account, device and login only", () => {
  const [alice, bob] = [person("alice"), person("bob")];
  const { secretKey, publicKey } = alice.device.signing;
  const input = { sessionKey, accountId: alice.accountId, deviceId: alice.device.deviceId, loginId };
  const signature = signProof(loginProof(input), secretKey);
  expect(verifyProof(loginProof(input), signature, publicKey)).toBe(true);
  for (const other of [
    { ...input, sessionKey: random(64) },
    { ...input, accountId: bob.accountId },
    { ...input, deviceId: bob.device.deviceId },
    { ...input, loginId: random(16) },
  ]) {
    expect(verifyProof(loginProof(other), signature, publicKey)).toBe(false);
  }
  expect(verifyProof(loginProof(input), signature, bob.device.signing.publicKey)).toBe(false);
});

test("a refresh proof is good for that nonce and token only", () => {
  const { secretKey, publicKey } = person("alice").device.signing;
  const signature = signProof(refreshProof(nonce, "token"), secretKey);
  expect(verifyProof(refreshProof(nonce, "token"), signature, publicKey)).toBe(true);
  expect(verifyProof(refreshProof(nonce, "token2"), signature, publicKey)).toBe(false);
  expect(verifyProof(refreshProof(random(56), "token"), signature, publicKey)).toBe(false);
});

test("a reset proof is good for that nonce, account and record only, and is no other proof", () => {
  const { secretKey, publicKey } = person("alice").accountKey;
  const account = person("alice").accountId;
  const proof = resetProof(nonce, account, "record");
  const signature = signProof(proof, secretKey);
  expect(verifyProof(proof, signature, publicKey)).toBe(true);
  for (const other of [
    resetProof(random(56), account, "record"),
    resetProof(nonce, person("bob").accountId, "record"),
    resetProof(nonce, account, "record2"),
    { ...proof, label: refreshProof(nonce, "token").label },
  ]) {
    expect(verifyProof(other, signature, publicKey)).toBe(false);
  }
});

test("a signature or nonce of another length is refused, not an exception of the library", () => {
  const { publicKey } = person("alice").device.signing;
  expect(verifyProof(refreshProof(nonce, "token"), new Uint8Array(63), publicKey)).toBe(false);
  expect(verifyProof(refreshProof(nonce, "token"), new Uint8Array(64), new Uint8Array(31))).toBe(false);
  expect(refusal(() => refreshProof(new Uint8Array(55), "token"))).toBe("malformed");
});
