import { readFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { NOW, type TestDevice, testDevice } from "../test/support/devices.ts";
import { SessionStore } from "../test/support/session-store.ts";
import { type ChainState, verifyChain } from "./account-chain.ts";
import { signAdd, signRevoke } from "./account-signing.ts";
import { concat, fromHex, type Random, toHex, utf8 } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import { accept, initiate, type Peer, type PrekeySecrets, sharedSecret } from "./handshake.ts";
import { contentKey, type Hash, hash } from "./ids.ts";
import { flip, put, smallOrderPoint, withBit255 } from "./make-vectors/damage.ts";
import { byDevice, deviceOf, person } from "./make-vectors/people.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import { MAX_PREKEY_AGE_MS } from "./prekeys.ts";
import type { SessionState } from "./session.ts";
import { readSetUpHeader, SET_UP_HEADER_BYTES } from "./set-up-header.ts";
import {
  hkdfSha256,
  mlkem768Decapsulate,
  mlkem768Keypair,
  ready,
  sha256,
  x25519,
  x25519Keypair,
} from "./sodium.ts";
import { type RespondInput, readWrapHeader, respond, sealWrap } from "./wrap.ts";

beforeAll(ready);

let random: Random;
let alice: TestDevice;
let bob: TestDevice;
let carol: TestDevice;

beforeAll(() => {
  [alice, bob, carol] = [testDevice("alice"), testDevice("bob"), testDevice("carol")];
});

beforeEach(() => {
  random = seededRandom("handshake");
});

function bundleOf(device: TestDevice, kem: "oneTime" | "lastResort" = "oneTime") {
  return { signedPrekey: device.signed.published, kemPrekey: device[kem].published };
}

function aliceInitiates(changed: Partial<Parameters<typeof initiate>[0]> = {}): SessionState {
  return initiate({ me: alice.me, peer: bob.peer, bundle: bundleOf(bob), now: NOW, random, ...changed });
}

const key = contentKey(new Uint8Array(32).fill(7));
const envelopeHash = hash(new Uint8Array(32).fill(8));

function firstWrap(session: SessionState): Uint8Array {
  return sealWrap(session, key, envelopeHash, random).wrap;
}

function bobResponds(wrap: Uint8Array, changed: Partial<RespondInput> = {}) {
  const oneTime = readWrapHeader(wrap).setUp?.oneTime ?? false;
  const prekeys = { signed: bob.signed.secret, kem: (oneTime ? bob.oneTime : bob.lastResort).secret };
  const seen = () => false;
  return respond({ wrap, envelopeHash, me: bob.me, initiator: alice.peer, prekeys, seen, ...changed });
}

test("the published X3DH values come out", () => {
  const file = new URL("vectors/x3dh-ratchet-start.json", import.meta.url);
  const published = JSON.parse(readFileSync(file, "utf8"));
  const dh = (secret: string, publicKey: string) =>
    x25519(fromHex(published.private[secret]), fromHex(published.public[publicKey]));
  const agreed = [dh("ik_a", "spk_b"), dh("ek_a", "ik_b"), dh("ek_a", "spk_b")];
  expect(toHex(sharedSecret(agreed, utf8(published.labels.x3dh)))).toBe(published.expect.root_b);
});

describe("a session", () => {
  test("has the same id, root and mirrored addresses at both ends", () => {
    const session = aliceInitiates();
    const { session: his, contentKey: opened, usedOneTimeId } = bobResponds(firstWrap(session));
    expect(his.id).toEqual(session.id);
    expect([his.me, his.peer]).toEqual([session.peer, session.me]);
    expect(toHex(his.ratchet.root)).toBe(toHex(session.ratchet.root));
    expect(toHex(opened)).toBe(toHex(key));
    expect(usedOneTimeId).toBe(bob.oneTime.secret.id);
  });

  test("uses no one-time pair where the bundle has none", () => {
    const session = aliceInitiates({ bundle: bundleOf(bob, "lastResort") });
    expect(bobResponds(firstWrap(session)).usedOneTimeId).toBeNull();
  });

  test("is another one each time", () => {
    expect(aliceInitiates().id).not.toEqual(aliceInitiates().id);
  });

  test.each(["oneTime", "lastResort"] as const)("comes of the steps of SPEC §4 (%s)", (kem) => {
    const session = aliceInitiates({ bundle: bundleOf(bob, kem) });
    const again = seededRandom("handshake");
    const ephemeral = x25519Keypair(again(32));
    again(32);
    const ratchet = x25519Keypair(again(32));
    const pair = bob[kem].secret;
    const kemPair = mlkem768Keypair(pair.kemSeed);
    const signed = x25519Keypair(bob.signed.secret.agreementSecret);
    const oneTime = pair.kind === "one_time" ? x25519Keypair(pair.agreementSecret) : null;
    const setUp = session.setUp ?? new Uint8Array();

    const transcript = concat(
      Uint8Array.of(1),
      ...[alice, bob].flatMap(({ me, peer }) => [peer.chain.accountId, peer.deviceId, me.identity.publicKey]),
      setUp,
      signed.publicKey,
      kemPair.publicKey,
      oneTime?.publicKey ?? new Uint8Array(),
    );
    const framed = (label: string, bytes: Uint8Array) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length);
      return concat(utf8(label), Uint8Array.of(0), length, bytes);
    };
    const id = sha256(framed("sotto/v1/pqxdh-transcript", transcript));
    const secret = concat(
      new Uint8Array(32).fill(0xff),
      x25519(signed.secretKey, alice.me.identity.publicKey),
      x25519(bob.me.identity.secretKey, ephemeral.publicKey),
      x25519(signed.secretKey, ephemeral.publicKey),
      oneTime === null ? new Uint8Array() : x25519(oneTime.secretKey, ephemeral.publicKey),
      mlkem768Decapsulate(kemPair.secretKey, setUp.subarray(-1088)),
    );
    const zeros = new Uint8Array(32);
    const shared = hkdfSha256(secret, zeros, framed("sotto/v1/pqxdh", id), 32);
    const dh = x25519(signed.secretKey, ratchet.publicKey);
    const root = hkdfSha256(dh, shared, framed("sotto/v1/ratchet-root", new Uint8Array()), 64);

    expect(toHex(session.id)).toBe(toHex(id));
    expect(toHex(session.ratchet.root)).toBe(toHex(root.slice(0, 32)));
    expect(toHex(session.ratchet.sending.chainKey ?? zeros)).toBe(toHex(root.slice(32)));
  });

  test("can be set up between two devices of one account", () => {
    const { chain, device } = person("alice");
    const second = deviceOf("alice's phone");
    const add = signAdd(chain, { by: byDevice(device), device: second, createdAt: NOW });
    const grown = verifyChain([add], chain);
    const me = { chain: grown, deviceId: second.deviceId, identity: second.identity };
    const session = initiate({
      me,
      peer: { ...alice.peer, chain: grown },
      bundle: bundleOf(alice),
      now: NOW,
      random,
    });
    const opened = respond({
      wrap: firstWrap(session),
      envelopeHash,
      me: { ...alice.me, chain: grown },
      initiator: { chain: grown, deviceId: second.deviceId },
      prekeys: { signed: alice.signed.secret, kem: alice.oneTime.secret },
      seen: () => false,
    });
    expect(toHex(opened.contentKey)).toBe(toHex(key));
  });
});

describe("an initiator refuses", () => {
  test("prekeys with a signature that does not verify", () => {
    const signedPrekey = flip(bob.signed.published, -1);
    expect(refusal(() => aliceInitiates({ bundle: { ...bundleOf(bob), signedPrekey } }))).toBe(
      "bad_signature",
    );
    const kemPrekey = flip(bob.oneTime.published, -1);
    expect(refusal(() => aliceInitiates({ bundle: { ...bundleOf(bob), kemPrekey } }))).toBe("bad_signature");
  });

  test("another device's prekeys", () => {
    expect(refusal(() => aliceInitiates({ bundle: bundleOf(carol) }))).toBe("wrong_account");
    const kemPrekey = carol.lastResort.published;
    expect(refusal(() => aliceInitiates({ bundle: { ...bundleOf(bob), kemPrekey } }))).toBe("wrong_account");
  });

  test("prekeys that are too old", () => {
    expect(refusal(() => aliceInitiates({ now: NOW + MAX_PREKEY_AGE_MS + 1 }))).toBe("prekey_expired");
  });

  test("a device that is not active", () => {
    const { deviceId } = deviceOf("nobody's");
    expect(refusal(() => aliceInitiates({ peer: { ...bob.peer, deviceId } }))).toBe("not_permitted");
  });

  test("itself", () => {
    const itself = { peer: alice.peer, bundle: bundleOf(alice) };
    expect(refusal(() => aliceInitiates(itself))).toBe("not_permitted");
  });

  test("to be a device that it is not", () => {
    const me = { ...alice.me, identity: carol.me.identity };
    expect(refusal(() => aliceInitiates({ me }))).toBe("not_permitted");
  });
});

describe("a responder refuses", () => {
  test("a session it has seen, even after it gave it up", () => {
    const wrap = firstWrap(aliceInitiates({ bundle: bundleOf(bob, "lastResort") }));
    const { id } = bobResponds(wrap).session;
    const seen = (other: Hash) => toHex(other) === toHex(id);
    expect(refusal(() => bobResponds(wrap, { seen }))).toBe("replayed");
    const store = new SessionStore(bob, alice);
    store.open(wrap, envelopeHash);
    store.rows = [];
    expect(refusal(() => store.open(wrap, envelopeHash))).toBe("replayed");
  });

  test("a header that does not fit its tag before it asks further", () => {
    const wrap = firstWrap(aliceInitiates());
    const seen = () => {
      throw new Error("asked");
    };
    expect(refusal(() => bobResponds(flip(wrap, 1 + SET_UP_HEADER_BYTES), { seen }))).toBe("decrypt_failed");
    expect(() => bobResponds(wrap, { seen })).toThrow("asked");
  });

  test("a one-time pair that is used up", () => {
    const store = new SessionStore(bob, alice);
    store.open(firstWrap(aliceInitiates()), envelopeHash);
    const before = store.snapshot();
    const second = firstWrap(aliceInitiates());
    expect(refusal(() => store.open(second, envelopeHash))).toBe("prekey_unknown");
    expect(store.snapshot()).toBe(before);
  });

  test("prekeys that it does not have, or not under that id or of that kind", () => {
    const wrap = firstWrap(aliceInitiates());
    const have = { signed: bob.signed.secret, kem: bob.oneTime.secret };
    const wrongs: PrekeySecrets[] = [
      { ...have, signed: null },
      { ...have, kem: null },
      { ...have, signed: { ...have.signed, id: 1 } },
      { ...have, kem: { ...have.kem, id: 1 } },
      { ...have, kem: { ...bob.lastResort.secret, id: have.kem.id } },
    ];
    for (const prekeys of wrongs)
      expect(refusal(() => bobResponds(wrap, { prekeys }))).toBe("prekey_unknown");
  });

  test("another private half under the same id", () => {
    const signed = { ...bob.signed.secret, agreementSecret: bob.oneTime.secret.agreementSecret };
    const prekeys = { signed, kem: bob.oneTime.secret };
    expect(refusal(() => bobResponds(firstWrap(aliceInitiates()), { prekeys }))).toBe("decrypt_failed");
  });

  test("a set-up for somebody else, or from somebody else", () => {
    const wrap = firstWrap(aliceInitiates());
    expect(refusal(() => bobResponds(wrap, { me: carol.me }))).toBe("decrypt_failed");
    expect(refusal(() => bobResponds(wrap, { initiator: carol.peer }))).toBe("decrypt_failed");
    expect(refusal(() => bobResponds(wrap, { initiator: bob.peer }))).toBe("not_permitted");
  });

  test("a device that was revoked meanwhile", () => {
    const { chain, device } = person("alice");
    const by = byDevice(device);
    const second = deviceOf("alice's phone");
    const grown = verifyChain([signAdd(chain, { by, device: second, createdAt: NOW })], chain);
    const me = { chain: grown, deviceId: second.deviceId, identity: second.identity };
    const wrap = firstWrap(aliceInitiates({ me }));
    const initiator: Peer = { chain: grown, deviceId: second.deviceId };
    expect(refusal(() => bobResponds(wrap, { initiator }))).toBe("nothing");
    const revoke = signRevoke(grown, { by, deviceId: second.deviceId, createdAt: NOW });
    const shrunk = { ...initiator, chain: verifyChain([revoke], grown) };
    expect(refusal(() => bobResponds(wrap, { initiator: shrunk }))).toBe("not_permitted");
  });

  test.each([
    ["with bit 255 set", (of: Uint8Array) => withBit255(of)],
    ["of small order", () => smallOrderPoint],
    ["of small order with bit 255 set", () => withBit255(smallOrderPoint)],
    ["of zeros", () => new Uint8Array(32)],
    ["above p", () => new Uint8Array(32).fill(0xff).with(31, 0x7f)],
  ])("an ephemeral key %s", (_, change) => {
    const wrap = firstWrap(aliceInitiates());
    const changed = put(wrap, 1, Uint8Array.from(change(wrap.slice(1, 33))));
    expect(refusal(() => bobResponds(changed))).toBe("bad_key");
  });
});

describe("a set-up header that was changed together with the tag does not open", () => {
  /** The wrap with another set-up header and the tag that goes with it: what a relay could make. */
  function retagged(wrap: Uint8Array, setUp: Uint8Array): Uint8Array {
    let tag = new Uint8Array(8);
    const prekeys = { signed: bob.signed.secret, kem: bob.oneTime.secret };
    const header = readSetUpHeader(setUp);
    const check = (id: Hash) => {
      tag = id.slice(0, 8);
    };
    accept({ me: bob.me, initiator: alice.peer, header, prekeys, check });
    return put(put(wrap, 1, setUp), 1 + SET_UP_HEADER_BYTES, tag);
  }

  test.each([
    ["ephemeral key", 0, 32],
    ["initiator's sequence", 32, 8],
    ["initiator's head", 40, 32],
    ["responder's sequence", 72, 8],
    ["responder's head", 80, 32],
    ["KEM ciphertext", 121, 1088],
  ])("%s", (_, at, length) => {
    const wrap = firstWrap(aliceInitiates());
    const setUp = wrap.slice(1, 1 + SET_UP_HEADER_BYTES);
    const other =
      length === 32 && at === 0 ? carol.me.identity.publicKey : flip(setUp.slice(at, at + length), -1);
    expect(refusal(() => bobResponds(retagged(wrap, put(setUp, at, other))))).toBe("decrypt_failed");
    expect(refusal(() => bobResponds(retagged(wrap, setUp)))).toBe("nothing");
  });
});

describe("the heads in a set-up header are compared once they are proven", () => {
  const grow = (chain: ChainState, name: string): ChainState => {
    const by = byDevice(person(chain.name).device);
    return verifyChain([signAdd(chain, { by, device: deviceOf(name), createdAt: NOW })], chain);
  };

  test("a chain that has gone on since is fine", () => {
    const wrap = firstWrap(aliceInitiates());
    const initiator = { ...alice.peer, chain: grow(alice.peer.chain, "tablet") };
    expect(refusal(() => bobResponds(wrap, { initiator }))).toBe("nothing");
  });

  test("an older chain than the initiator's own is a rollback", () => {
    const wrap = firstWrap(aliceInitiates({ me: { ...alice.me, chain: grow(alice.peer.chain, "tablet") } }));
    expect(refusal(() => bobResponds(wrap))).toBe("rollback");
  });

  test("another history is a fork, with both heads as evidence", () => {
    const [hers, shown] = [grow(alice.peer.chain, "tablet"), grow(alice.peer.chain, "thief")];
    const wrap = firstWrap(aliceInitiates({ me: { ...alice.me, chain: hers } }));
    const respondWithShown = () => bobResponds(wrap, { initiator: { ...alice.peer, chain: shown } });
    expect(refusal(respondWithShown)).toBe("fork");
    try {
      respondWithShown();
    } catch (error) {
      const evidence = error instanceof KeysError ? error.evidence : null;
      expect(evidence).toEqual({ pinned: hers.head, seen: shown.head });
    }
  });

  test("the responder's own chain is held to what the initiator saw of it", () => {
    const [his, shown] = [grow(bob.peer.chain, "tablet"), grow(bob.peer.chain, "thief")];
    const wrap = firstWrap(aliceInitiates({ peer: { ...bob.peer, chain: shown } }));
    expect(refusal(() => bobResponds(wrap))).toBe("rollback");
    expect(refusal(() => bobResponds(wrap, { me: { ...bob.me, chain: his } }))).toBe("fork");
    expect(refusal(() => bobResponds(wrap, { me: { ...bob.me, chain: shown } }))).toBe("nothing");
  });

  test("a changed head raises no alarm", () => {
    const wrap = firstWrap(aliceInitiates());
    for (const at of [1 + 32, 1 + 40, 1 + 72, 1 + 80]) {
      expect(refusal(() => bobResponds(flip(wrap, at + 7)))).toBe("decrypt_failed");
    }
  });
});
