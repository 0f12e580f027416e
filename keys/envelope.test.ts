import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { asSecret, compare, concat, equal, fromHex } from "./bytes.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import {
  ENVELOPE_HEADER_BYTES,
  type EnvelopeHeader,
  encodeEnvelopeHeader,
  envelopeHash,
  MAX_ENVELOPE_BYTES,
  readEnvelopeHeader,
} from "./envelope-header.ts";
import { contentKey, ephemeralKey, hash } from "./ids.ts";
import { decodeInner, encodeInner, type Inner } from "./inner.ts";
import { derive, hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import { flip, put } from "./make-vectors/damage.ts";
import { letter, twoTextEnvelope } from "./make-vectors/envelope-cases.ts";
import { seededRandom } from "./make-vectors/seeded-random.ts";
import { ready, xchachaOpen } from "./sodium.ts";

let base: ReturnType<typeof letter>;

beforeAll(async () => {
  await ready();
  base = letter();
});

function seal(inner: Partial<Inner> = {}, header: Partial<EnvelopeHeader> = {}, seed = "seal") {
  return sealEnvelope({
    header: { ...base.header, ...header },
    inner: { ...base.inner, ...inner },
    random: seededRandom(seed),
  });
}

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("what goes in comes out: header, inner, and the hashes both sides work with", () => {
  const inners = fc.record({
    contentType: fc.nat(65535),
    senderSequence: fc.maxSafeNat(),
    previousContent: bytes32.map(hash),
    sentAt: fc.maxSafeNat(),
    body: fc.uint8Array({ maxLength: 2000 }),
    ephemeralKey: bytes32.map(ephemeralKey),
  });
  const headers = fc.record({
    attempt: fc.nat(0xffff_ffff),
    rosterVersion: fc.maxSafeNat(),
    expiresAt: fc.nat(2 ** 40).map((minutes) => minutes * 60),
  });
  fc.assert(
    fc.property(inners, headers, (inner, header) => {
      const sealed = seal(inner, header);
      const opened = openEnvelope(sealed.envelope, sealed.contentKey);
      expect({ ...opened.inner, ephemeralKey: Uint8Array.from(opened.inner.ephemeralKey) }).toEqual({
        ...base.inner,
        ...inner,
      });
      expect(opened.header).toMatchObject({ ...base.header, ...header });
      expect(equal(opened.contentHash, sealed.contentHash)).toBe(true);
      expect(equal(envelopeHash(sealed.envelope), sealed.envelopeHash)).toBe(true);
    }),
  );
});

test("every single bit counts", () => {
  const { envelope, contentKey: key } = seal();
  const codes = new Set<string>();
  for (let at = 0; at < envelope.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const outcome = refusal(() => openEnvelope(flip(envelope, at, bit), key));
      expect(outcome, `byte ${at}`).not.toBe("nothing");
      if (at >= ENVELOPE_HEADER_BYTES) expect(outcome).toBe("decrypt_failed");
      codes.add(outcome);
    }
  }
  expect([...codes].sort()).toEqual(["decrypt_failed", "malformed", "unsupported_version"]);
});

test("cut or lengthened it is refused", () => {
  const { envelope, contentKey: key } = seal({ body: new Uint8Array(300) });
  for (let length = 0; length < envelope.length; length += 1) {
    expect(refusal(() => openEnvelope(envelope.subarray(0, length), key))).not.toBe("nothing");
  }
  expect(refusal(() => openEnvelope(concat(envelope, Uint8Array.of(0)), key))).toBe("decrypt_failed");
});

test("the header can be read without a key, also where the bytes are part of a larger buffer", () => {
  const { envelope } = seal();
  const header = readEnvelopeHeader(concat(Uint8Array.of(9, 9, 9), envelope).subarray(3));
  expect(header).toMatchObject(base.header);
  expect(equal(encodeEnvelopeHeader(header), envelope.subarray(0, ENVELOPE_HEADER_BYTES))).toBe(true);
});

test("two seals of one message share neither key nor nonce nor ciphertext", () => {
  const [one, other] = [seal({}, {}, "one"), seal({}, {}, "other")];
  expect(equal(one.contentKey, other.contentKey)).toBe(false);
  expect(equal(one.envelope, other.envelope)).toBe(false);
  expect(equal(one.contentHash, other.contentHash)).toBe(true);
});

test("messages of about the same length have the same size", () => {
  const sizes = [0, 1, 10, 20].map(
    (length) => seal({ body: new Uint8Array(length), chainHeads: [] }).envelope.length,
  );
  expect(new Set(sizes).size).toBe(1);
});

test("the largest text fits with 255 chain heads; above 128 KiB nothing is made", () => {
  const chainHeads = Array.from({ length: 255 }, (_, index) => {
    const accountId = Uint8Array.from(base.header.sender);
    accountId[0] = index;
    return { accountId: accountId as typeof base.header.sender, sequence: 1, hash: base.header.rosterHash };
  });
  const { envelope } = seal({ chainHeads, body: new Uint8Array(65_536 + 1000) });
  expect(envelope.length).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
  expect(refusal(() => seal({ body: new Uint8Array(129_000) }))).toBe("malformed");
  expect(refusal(() => seal({ chainHeads: [...chainHeads, ...chainHeads] }))).toBe("malformed");
});

test("an expiry that is no whole minute is not sealed", () => {
  expect(refusal(() => seal({}, { expiresAt: 61 }))).toBe("malformed");
});

describe("inner", () => {
  test("one account twice among the chain heads, or out of order, is refused", () => {
    const [first, second] = base.inner.chainHeads;
    if (first === undefined || second === undefined) throw new Error("two heads");
    expect(compare(first.accountId, second.accountId)).toBe(-1);
    for (const chainHeads of [
      [second, first],
      [first, first],
    ]) {
      expect(refusal(() => encodeInner({ ...base.inner, chainHeads }))).toBe("malformed");
    }
  });

  test("cut or lengthened it is refused", () => {
    const inner = encodeInner(base.inner);
    for (let length = 0; length < inner.length; length += 1) {
      expect(refusal(() => decodeInner(inner.subarray(0, length)))).toBe("malformed");
    }
    expect(refusal(() => decodeInner(concat(inner, Uint8Array.of(0))))).toBe("malformed");
  });
});

describe("one ciphertext that says two things", () => {
  const file = readFileSync(new URL("vectors/two-text-ciphertext.json", import.meta.url), "utf8");
  const two = JSON.parse(file) as Record<"nonce" | "aad" | "ciphertext", string> & {
    keys: { key: string; text_at: number; text: string }[];
  };
  const nonce = fromHex(two.nonce);
  const ciphertext = fromHex(two.ciphertext);

  test("exists: XChaCha20-Poly1305 alone opens it under both keys", () => {
    const texts = two.keys.map(({ key, text_at, text }) => {
      const opened = xchachaOpen(fromHex(key), nonce, ciphertext, fromHex(two.aad));
      expect(opened).not.toBeNull();
      const shown = Buffer.from(opened ?? []).toString("latin1", text_at, text_at + text.length);
      expect(shown).toBe(text);
      return shown;
    });
    expect(new Set(texts).size).toBe(2);
  });

  test("is refused as an envelope, whichever key it is committed to", () => {
    const header = encodeEnvelopeHeader({ ...base.header, nonce });
    const headerHash = hashLabelled(labels.envelopeHeader, header);
    // Long enough to be an envelope at all; what follows the ciphertext could only make it fail more.
    const filled = concat(ciphertext, new Uint8Array(272 - ciphertext.length));
    const keys = two.keys.map(({ key }) => contentKey(asSecret(fromHex(key))));
    for (const committed of keys) {
      const commitment = derive(labels.envelopeKey, committed, nonce, headerHash, 64).subarray(32);
      const envelope = concat(header, commitment, filled);
      for (const key of keys) expect(refusal(() => openEnvelope(envelope, key))).toBe("decrypt_failed");
    }
  });

  test("made for this very envelope opens with the key it is committed to, and with no other", () => {
    const { envelope, sealed, nonce: used, first, second } = twoTextEnvelope();
    for (const { key, aad } of [first, second]) expect(xchachaOpen(key, used, sealed, aad)).not.toBeNull();
    expect(openEnvelope(envelope, first.secret).inner.body).toHaveLength(64);
    expect(refusal(() => openEnvelope(envelope, second.secret))).toBe("decrypt_failed");
    const recommitted = put(envelope, ENVELOPE_HEADER_BYTES, second.aad.subarray(32));
    expect(refusal(() => openEnvelope(recommitted, first.secret))).toBe("decrypt_failed");
  });
});
