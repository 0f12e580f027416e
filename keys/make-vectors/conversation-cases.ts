import { toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { loginProof, refreshProof, signProof } from "../relay-proofs.ts";
import { dmConversationId, type RosterSlot, rosterOf } from "../roster.ts";
import { deviceOf, person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases } from "./vector.ts";

/** Rosters, conversation ids, logs, safety numbers, and what devices sign for the relay. */
export function conversationCases(): Cases {
  const alice = person("alice");
  const bob = person("bob");
  const conversation = dmConversationId(alice.accountId, bob.accountId);
  const phone = { deviceId: deviceOf("bob's phone").deviceId };
  const slots = rosterOf([alice.chain, { accountId: bob.accountId, devices: [bob.device, phone] }]);
  const [first, second, third] = slots;
  if (first === undefined || second === undefined || third === undefined)
    throw new TypeError("three devices");

  const json = (list: readonly RosterSlot[]) =>
    list.map(({ accountId, deviceId }) => ({ accountId: toHex(accountId), deviceId: toHex(deviceId) }));
  const roster = (expect: "ok" | KeysErrorCode, about: string, list: readonly RosterSlot[], version = 1) => ({
    about,
    operation: "roster hash",
    input: { conversation: toHex(conversation), version, slots: json(list) },
    expect,
  });
  const dm = (expect: "ok" | KeysErrorCode, about: string, one: Uint8Array, other: Uint8Array) => ({
    about,
    operation: "direct conversation",
    input: { one: toHex(one), other: toHex(other) },
    expect,
  });
  const safety = (expect: "ok" | KeysErrorCode, about: string, one: Uint8Array, other: Uint8Array) => ({
    ...dm(expect, about, one, other),
    operation: "safety number",
  });
  const random = seededRandom("log");
  const hashes = [random(32), random(32), random(32)].map(toHex);
  const log = (expect: "ok" | KeysErrorCode, about: string, envelopeHashes: readonly string[]) => ({
    about,
    operation: "follow log",
    input: { conversation: toHex(conversation), incarnation: "00".repeat(16), envelopeHashes },
    expect,
  });

  const me = { accountId: alice.accountId, deviceId: alice.device.deviceId };
  const owner = {
    accountId: toHex(me.accountId),
    deviceId: toHex(me.deviceId),
    signingKey: toHex(alice.device.signing.publicKey),
  };
  const sessionKey = random(64);
  const loginId = random(16);
  const nonce = random(56);
  const login = signProof(loginProof({ ...me, sessionKey, loginId }), alice.device.signing.secretKey);
  const refresh = signProof(refreshProof(nonce, "a refresh token"), alice.device.signing.secretKey);

  return {
    "dm-id": dm("ok", "two accounts", alice.accountId, bob.accountId),
    "dm-id-reversed": dm(
      "ok",
      "the same two the other way round: the same id",
      bob.accountId,
      alice.accountId,
    ),
    "dm-id-one-account": dm("malformed", "an account with itself", alice.accountId, alice.accountId),
    "dm-id-short": dm("malformed", "an account id of 31 bytes", alice.accountId, bob.accountId.subarray(1)),
    "self-id": {
      about: "an account's own devices",
      operation: "self conversation",
      input: { own: toHex(alice.accountId) },
      expect: "ok",
    },
    "safety-number": safety("ok", "two accounts", alice.accountId, bob.accountId),
    "safety-number-reversed": safety(
      "ok",
      "the same two the other way round: the same number",
      bob.accountId,
      alice.accountId,
    ),
    "safety-number-zeros": safety(
      "ok",
      "two accounts whose fingerprints hold groups that begin with zeros",
      seededRandom("safety 6")(32),
      seededRandom("safety 7")(32),
    ),
    "safety-number-one-account": safety("malformed", "with oneself", alice.accountId, alice.accountId),
    "safety-number-short": safety(
      "malformed",
      "an account id of 31 bytes",
      alice.accountId,
      bob.accountId.subarray(1),
    ),
    "roster-three": roster("ok", "three devices of two members", slots),
    "roster-next-version": roster("ok", "the same devices, the next version", slots, 2),
    "roster-empty": roster("ok", "nobody", []),
    "roster-out-of-order": roster("malformed", "two devices swapped", [second, first, third]),
    "roster-twice": roster("malformed", "a device twice", [first, second, second, third]),
    "log-start": log("ok", "h_0", []),
    "log-three": log("ok", "three messages", hashes),
    "log-other-order": log("ok", "the same three in another order: another head", [...hashes].reverse()),
    "log-short-hash": log("malformed", "a hash of 31 bytes", ["11".repeat(31)]),
    "login-proof": {
      about: "a device's signature at login",
      operation: "verify login",
      input: { ...owner, sessionKey: toHex(sessionKey), loginId: toHex(loginId), signature: toHex(login) },
      expect: "ok",
    },
    "refresh-proof": {
      about: "a device's signature at token refresh",
      operation: "verify refresh",
      input: {
        signingKey: owner.signingKey,
        nonce: toHex(nonce),
        refreshToken: "a refresh token",
        signature: toHex(refresh),
      },
      expect: "ok",
    },
  };
}
