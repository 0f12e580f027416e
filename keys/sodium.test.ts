import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { equal, fromHex, toHex, utf8 } from "./bytes.ts";
import { frame, hashLabelled, sign, verify } from "./labelled.ts";
import { labels } from "./labels.ts";
import { put, smallOrderPoint, withBit255 } from "./make-vectors/damage.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import {
  type AgreementKeyPair,
  ed25519Keypair,
  isEd25519PublicKey,
  isMlkem768PublicKey,
  isX25519PublicKey,
  isXwingPublicKey,
  type KemKeyPair,
  mlkem768Decapsulate,
  mlkem768Encapsulate,
  mlkem768Keypair,
  randomBytes,
  ready,
  x25519,
  x25519Keypair,
  xchachaOpen,
  xchachaSeal,
  xwingKeypair,
} from "./sodium.ts";

beforeAll(ready);

const p = `ed${"ff".repeat(30)}7f`;
/** Every encoding of a point of small order, canonical or not, bit 255 aside. */
const smallOrder = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  toHex(smallOrderPoint),
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  p,
  `ee${"ff".repeat(30)}7f`,
];

describe("X25519 public keys", () => {
  let alice: AgreementKeyPair;
  beforeAll(() => {
    alice = x25519Keypair(seededRandom("alice")(32));
  });
  const secret = seededRandom("secret")(32);

  test("one that was made is taken", () => {
    expect(isX25519PublicKey(alice.publicKey)).toBe(true);
  });

  test("one with bit 255 is refused, though its DH would be the same", () => {
    expect(isX25519PublicKey(withBit255(alice.publicKey))).toBe(false);
    expect(refusal(() => x25519(secret, withBit255(alice.publicKey)))).toBe("bad_key");
  });

  test.each(smallOrder)("%s is of small order and refused, with bit 255 too", (hex) => {
    for (const point of [fromHex(hex), withBit255(fromHex(hex))]) {
      expect(isX25519PublicKey(point)).toBe(false);
      expect(refusal(() => x25519(secret, point))).toBe("bad_key");
    }
  });

  test("p + 9 is refused, which would be the base point", () => {
    expect(isX25519PublicKey(fromHex(`f6${"ff".repeat(30)}7f`))).toBe(false);
    expect(isX25519PublicKey(fromHex(`09${"00".repeat(31)}`))).toBe(true);
  });

  test("the largest canonical key but one is taken", () => {
    expect(isX25519PublicKey(fromHex(`eb${"ff".repeat(30)}7f`))).toBe(true);
    expect(isX25519PublicKey(fromHex(`ff${"ff".repeat(29)}fe7f`))).toBe(true);
  });
});

describe("Ed25519 public keys", () => {
  // y = 1, -1, 0, and the two of order 8; then 1 as p + 1.
  const small = [
    `01${"00".repeat(31)}`,
    `ec${"ff".repeat(30)}7f`,
    "00".repeat(32),
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    `ee${"ff".repeat(30)}7f`,
  ];

  test.each(small)("%s is of small order and refused, with either sign", (hex) => {
    expect(isEd25519PublicKey(fromHex(hex))).toBe(false);
    expect(isEd25519PublicKey(withBit255(fromHex(hex)))).toBe(false);
  });

  test("one that was made is taken, with either sign", () => {
    const { publicKey } = ed25519Keypair(seededRandom("alice")(32));
    expect(isEd25519PublicKey(publicKey)).toBe(true);
    expect(isEd25519PublicKey(withBit255(publicKey))).toBe(true);
  });

  test("none has a second encoding: y from 0 to 18, and the same plus p, are refused", () => {
    for (let y = 0; y < 19; y += 1) {
      const low = put(new Uint8Array(32), 0, Uint8Array.of(y));
      const high = put(fromHex(p), 0, Uint8Array.of(0xed + y));
      for (const key of [low, high]) expect(isEd25519PublicKey(key)).toBe(false);
    }
  });

  test("what is no point, or no key at all, is refused", () => {
    expect(isEd25519PublicKey(fromHex(`02${"00".repeat(31)}`))).toBe(false);
    expect(isEd25519PublicKey(new Uint8Array(31))).toBe(false);
  });
});

describe("ML-KEM-768 and X-Wing public keys", () => {
  let kem: KemKeyPair;
  beforeAll(() => {
    kem = mlkem768Keypair(seededRandom("kem")(64));
  });

  test("each coefficient must be below 3,329, and is looked at", () => {
    const coefficient = (index: number, value: number): Uint8Array => {
      const at = Math.floor(index / 2) * 3;
      const [a = 0, b = 0, c = 0] = kem.publicKey.subarray(at, at + 3);
      const [even, odd] = index % 2 === 0 ? [value, (c << 4) | (b >>> 4)] : [((b & 15) << 8) | a, value];
      return put(kem.publicKey, at, Uint8Array.of(even & 255, (even >>> 8) | ((odd & 15) << 4), odd >>> 4));
    };
    for (let index = 0; index < 768; index += 1) {
      expect(isMlkem768PublicKey(coefficient(index, 3328))).toBe(true);
      expect(isMlkem768PublicKey(coefficient(index, 3329))).toBe(false);
    }
    expect(refusal(() => mlkem768Encapsulate(coefficient(767, 4095), new Uint8Array(32)))).toBe("bad_key");
  });

  test("both ends of an encapsulation get the same secret, and another ciphertext gives another one", () => {
    const made = mlkem768Encapsulate(kem.publicKey, seededRandom("entropy")(32));
    expect(equal(mlkem768Decapsulate(kem.secretKey, made.ciphertext), made.sharedSecret)).toBe(true);
    const changed = put(made.ciphertext, 0, Uint8Array.of((made.ciphertext[0] ?? 0) ^ 1));
    expect(equal(mlkem768Decapsulate(kem.secretKey, changed), made.sharedSecret)).toBe(false);
  });

  test("an X-Wing key is as good as both its halves", () => {
    const { publicKey } = xwingKeypair(seededRandom("x-wing")(32));
    expect(isXwingPublicKey(publicKey)).toBe(true);
    expect(isXwingPublicKey(put(publicKey, 0, Uint8Array.of(255, 255)))).toBe(false);
    expect(isXwingPublicKey(put(publicKey, 1184, smallOrderPoint))).toBe(false);
    expect(isXwingPublicKey(put(publicKey, 1184, withBit255(publicKey.slice(1184))))).toBe(false);
    expect(isXwingPublicKey(publicKey.subarray(1))).toBe(false);
  });
});

test("keys, nonces and seeds of a wrong length are refused before any crypto", () => {
  const short = new Uint8Array(31);
  const none = new Uint8Array(0);
  expect(refusal(() => ed25519Keypair(short))).toBe("malformed");
  expect(refusal(() => x25519Keypair(short))).toBe("malformed");
  expect(refusal(() => mlkem768Keypair(short))).toBe("malformed");
  expect(refusal(() => xwingKeypair(short))).toBe("malformed");
  expect(refusal(() => xchachaSeal(short, new Uint8Array(24), none, none))).toBe("malformed");
  expect(refusal(() => xchachaSeal(new Uint8Array(32), new Uint8Array(12), none, none))).toBe("malformed");
  expect(xchachaOpen(short, new Uint8Array(24), new Uint8Array(16), none)).toBeNull();
  expect(xchachaOpen(new Uint8Array(32), new Uint8Array(24), new Uint8Array(15), none)).toBeNull();
});

test("a signature is good under its own label only", () => {
  const { publicKey, secretKey } = ed25519Keypair(seededRandom("signer")(32));
  const message = utf8("hello");
  const signature = sign(labels.prekey, message, secretKey);
  expect(verify(labels.prekey, message, signature, publicKey)).toBe(true);
  expect(verify(labels.login, message, signature, publicKey)).toBe(false);
  expect(verify(labels.prekey, utf8("hellO"), signature, publicKey)).toBe(false);
});

test("a frame is label, zero, length, bytes", () => {
  expect(toHex(frame("ab", Uint8Array.of(7)))).toBe("6162000000000107");
  expect(hashLabelled(labels.row, utf8("x"))).not.toEqual(hashLabelled(labels.log, utf8("x")));
});

test("random bytes are asked for by number and differ", () => {
  expect(randomBytes(32)).toHaveLength(32);
  expect(equal(randomBytes(32), randomBytes(32))).toBe(false);
});
