import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { equal } from "./bytes.ts";
import { createLastResortPrekey, createOneTimePrekey, createSignedPrekey } from "./make-prekeys.ts";
import { flip } from "./make-vectors/damage.ts";
import { monday, type Person, person } from "./make-vectors/people.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import {
  checkPrekeyAge,
  MAX_PREKEY_AGE_MS,
  type PrekeyOwner,
  verifyBundle,
  verifyPrekey,
} from "./prekeys.ts";
import { mlkem768Keypair, ready, x25519Keypair } from "./sodium.ts";

let alice: Person;
let owner: PrekeyOwner;

beforeAll(async () => {
  await ready();
  alice = person("alice");
  const { accountId, device } = alice;
  owner = { accountId, deviceId: device.deviceId, signingKey: device.signing.publicKey };
});

function input(id = 1, createdAt = monday) {
  const { accountId, device } = alice;
  return { accountId, device, id, createdAt, random: seededRandom(`prekey ${id}`) };
}

test("the published keys are those of the secrets that stay", () => {
  const signed = createSignedPrekey(input());
  const oneTime = createOneTimePrekey(input(2));
  const lastResort = createLastResortPrekey(input(3));
  expect(verifyPrekey(signed.published, owner)).toEqual({
    kind: "signed",
    accountId: alice.accountId,
    deviceId: alice.device.deviceId,
    id: 1,
    createdAt: monday,
    agreementKey: x25519Keypair(signed.secret.agreementSecret).publicKey,
  });
  expect(verifyPrekey(oneTime.published, owner)).toMatchObject({
    kind: "one_time",
    id: 2,
    agreementKey: x25519Keypair(oneTime.secret.agreementSecret).publicKey,
    kemKey: mlkem768Keypair(oneTime.secret.kemSeed).publicKey,
  });
  expect(verifyPrekey(lastResort.published, owner)).toMatchObject({
    kind: "last_resort",
    id: 3,
    kemKey: mlkem768Keypair(lastResort.secret.kemSeed).publicKey,
  });
});

test("published forms have the lengths that relays count on", () => {
  expect(createSignedPrekey(input()).published).toHaveLength(162);
  expect(createLastResortPrekey(input()).published).toHaveLength(1314);
  expect(createOneTimePrekey(input()).published).toHaveLength(1346);
});

test("every single bit of a published prekey counts", () => {
  const { published } = createSignedPrekey(input());
  for (let at = 0; at < published.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      expect(
        refusal(() => verifyPrekey(flip(published, at, bit), owner)),
        `byte ${at}`,
      ).not.toBe("nothing");
    }
  }
});

test("id 0 cannot be read, so it is not made either", () => {
  expect(refusal(() => createSignedPrekey(input(0)))).toBe("malformed");
});

test("a prekey is good for 60 days to the millisecond; a one-time pair for ever", () => {
  const signed = verifyPrekey(createSignedPrekey(input()).published, owner);
  const oneTime = verifyPrekey(createOneTimePrekey(input()).published, owner);
  expect(refusal(() => checkPrekeyAge(signed, monday + MAX_PREKEY_AGE_MS))).toBe("nothing");
  expect(refusal(() => checkPrekeyAge(signed, monday + MAX_PREKEY_AGE_MS + 1))).toBe("prekey_expired");
  expect(refusal(() => checkPrekeyAge(oneTime, monday + 10 * MAX_PREKEY_AGE_MS))).toBe("nothing");
});

test("a device with a slow clock still gets sessions: a prekey from the future is taken", () => {
  const { published } = createSignedPrekey(input(1, monday + MAX_PREKEY_AGE_MS));
  expect(refusal(() => checkPrekeyAge(verifyPrekey(published, owner), monday))).toBe("nothing");
});

test("a bundle needs one prekey of each sort", () => {
  const signedPrekey = createSignedPrekey(input()).published;
  const kemPrekey = createLastResortPrekey(input()).published;
  const bundle = verifyBundle({ signedPrekey, kemPrekey }, owner, monday);
  expect(bundle.signedPrekey.kind).toBe("signed");
  expect(equal(bundle.kemPrekey.accountId, alice.accountId)).toBe(true);
  const swapped = { signedPrekey: kemPrekey, kemPrekey: signedPrekey };
  expect(refusal(() => verifyBundle(swapped, owner, monday))).toBe("malformed");
});
