import type { DeviceKeys } from "../account-signing.ts";
import { concat, type Random, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { agreementPublicKey, kemPublicKey } from "../ids.ts";
import { sign } from "../labelled.ts";
import { labels } from "../labels.ts";
import { createLastResortPrekey, createOneTimePrekey, createSignedPrekey } from "../make-prekeys.ts";
import {
  encodePrekeyBody,
  encodePublishedPrekey,
  MAX_PREKEY_AGE_MS,
  type Prekey,
  verifyPrekey,
} from "../prekeys.ts";
import { flip, put, smallOrderPoint, withBit255 } from "./damage.ts";
import { monday, type Person, person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases } from "./vector.ts";

function owner({ accountId, device }: Person) {
  return { accountId, deviceId: device.deviceId, signingKey: device.signing.publicKey };
}

function ownerJson(who: Person) {
  const { accountId, deviceId, signingKey } = owner(who);
  return { accountId: toHex(accountId), deviceId: toHex(deviceId), signingKey: toHex(signingKey) };
}

/** Signs whatever it is given. */
function publish(body: Uint8Array, device: DeviceKeys): Uint8Array {
  return encodePublishedPrekey(body, sign(labels.prekey, body, device.signing.secretKey));
}

export function prekeyCases(): Cases {
  const alice = person("alice");
  const bob = person("bob");
  const input = (id: number, random: Random) => ({
    accountId: alice.accountId,
    device: alice.device,
    id,
    createdAt: monday,
    random,
  });
  const signed = createSignedPrekey(input(1, seededRandom("signed prekey"))).published;
  const lastResort = createLastResortPrekey(input(2, seededRandom("last-resort prekey"))).published;
  const oneTime = createOneTimePrekey(input(3, seededRandom("one-time prekey"))).published;
  const read = (published: Uint8Array) => verifyPrekey(published, owner(alice));
  const changed = (published: Uint8Array, change: Partial<Prekey>) =>
    publish(encodePrekeyBody({ ...read(published), ...change } as Prekey), alice.device);
  const bodyOf = (published: Uint8Array) => published.slice(4, -64);
  const kindAt = 1 + 32 + 16;

  const check = (expect: "ok" | KeysErrorCode, about: string, published: Uint8Array, who = alice) => ({
    about,
    operation: "verify prekey",
    input: { published: toHex(published), ...ownerJson(who) },
    expect,
  });
  const bundle = (
    expect: "ok" | KeysErrorCode,
    about: string,
    [signedPrekey, kemPrekey]: readonly [Uint8Array, Uint8Array],
    age: number,
  ) => ({
    about,
    operation: "verify bundle",
    input: {
      signedPrekey: toHex(signedPrekey),
      kemPrekey: toHex(kemPrekey),
      now: monday + age,
      ...ownerJson(alice),
    },
    expect,
  });

  return {
    "prekey-signed": check("ok", "a signed prekey", signed),
    "prekey-last-resort": check("ok", "a last-resort prekey", lastResort),
    "prekey-one-time": check("ok", "a one-time pair", oneTime),
    "prekey-truncated": check("malformed", "the last byte is missing", signed.subarray(0, -1)),
    "prekey-trailing-byte": check("malformed", "a byte follows", concat(signed, Uint8Array.of(0))),
    "prekey-id-0": check("malformed", "id 0", changed(signed, { id: 0 })),
    "prekey-key-missing": check(
      "malformed",
      "a one-time pair without its ML-KEM key",
      publish(put(bodyOf(signed), kindAt, Uint8Array.of(3)), alice.device),
    ),
    "prekey-version-2": check(
      "unsupported_version",
      "version 2",
      publish(put(bodyOf(signed), 0, Uint8Array.of(2)), alice.device),
    ),
    "prekey-kind-4": check(
      "unsupported_version",
      "an unknown kind",
      publish(put(bodyOf(signed), kindAt, Uint8Array.of(4)), alice.device),
    ),
    "prekey-wrong-account": check(
      "wrong_account",
      "another account's prekey",
      changed(signed, { accountId: bob.accountId }),
    ),
    "prekey-wrong-device": check(
      "wrong_account",
      "another device's prekey",
      changed(signed, { deviceId: bob.device.deviceId }),
    ),
    "prekey-signature": check("bad_signature", "a bit of the signature", flip(signed, -1)),
    "prekey-signed-by-another": check(
      "bad_signature",
      "signed by another device",
      publish(bodyOf(signed), bob.device),
    ),
    "prekey-kind-changed": check(
      "bad_signature",
      "a last-resort prekey with another id than was signed",
      flip(lastResort, 4 + kindAt + 4),
    ),
    "prekey-x25519-small-order": check(
      "bad_key",
      "an X25519 key of order 8",
      changed(signed, { agreementKey: agreementPublicKey(smallOrderPoint) }),
    ),
    "prekey-x25519-bit-255": check(
      "bad_key",
      "bit 255 set",
      changed(signed, { agreementKey: agreementPublicKey(withBit255(bodyOf(signed).slice(-32))) }),
    ),
    "prekey-one-time-x25519-bit-255": check(
      "bad_key",
      "bit 255 set in a one-time pair",
      publish(flip(bodyOf(oneTime), kindAt + 1 + 4 + 8 + 31, 7), alice.device),
    ),
    "prekey-kem-modulus": check(
      "bad_key",
      "a coefficient above 3,328",
      changed(lastResort, {
        kemKey: kemPublicKey(put(bodyOf(lastResort).slice(-1184), 0, Uint8Array.of(255, 255))),
      }),
    ),

    "bundle-one-time": bundle("ok", "a signed prekey and a one-time pair", [signed, oneTime], 0),
    "bundle-last-resort": bundle(
      "ok",
      "at 60 days to the millisecond",
      [signed, lastResort],
      MAX_PREKEY_AGE_MS,
    ),
    "bundle-old-one-time": bundle(
      "ok",
      "a one-time pair does not age",
      [changed(signed, { createdAt: monday + MAX_PREKEY_AGE_MS }), oneTime],
      2 * MAX_PREKEY_AGE_MS,
    ),
    "bundle-expired-signed": bundle(
      "prekey_expired",
      "a signed prekey older than 60 days",
      [signed, oneTime],
      MAX_PREKEY_AGE_MS + 1,
    ),
    "bundle-expired-last-resort": bundle(
      "prekey_expired",
      "a last-resort prekey older than 60 days",
      [changed(signed, { createdAt: monday + 1 }), lastResort],
      MAX_PREKEY_AGE_MS + 1,
    ),
    "bundle-two-signed": bundle("malformed", "no ML-KEM key", [signed, signed], 0),
    "bundle-swapped": bundle("malformed", "the two in the wrong places", [lastResort, signed], 0),
  };
}
