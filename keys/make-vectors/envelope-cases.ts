import { headOf } from "../account-chain.ts";
import { asSecret, compare, concat, toHex, utf8 } from "../bytes.ts";
import { sealEnvelope } from "../envelope.ts";
import { ENVELOPE_HEADER_BYTES, encodeEnvelopeHeader, MAX_ENVELOPE_BYTES } from "../envelope-header.ts";
import type { KeysErrorCode } from "../errors.ts";
import { type ContentKey, contentKey, ephemeralKey, hash, incarnation, messageId } from "../ids.ts";
import { encodeInner, type Inner } from "../inner.ts";
import { derive, hashLabelled } from "../labelled.ts";
import { labels } from "../labels.ts";
import { logStart } from "../log.ts";
import { pad } from "../padding.ts";
import { dmConversationId, rosterHash, rosterOf } from "../roster.ts";
import { xchachaSeal } from "../sodium.ts";
import { flip, put } from "./damage.ts";
import { monday, person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import { openUnderBoth } from "./two-texts.ts";
import type { Cases } from "./vector.ts";

/** A message of alice's to bob, of fixed content. */
export function letter(text = "The lighthouse at eight.") {
  const alice = person("alice");
  const bob = person("bob");
  const random = seededRandom("letter");
  const conversation = dmConversationId(alice.accountId, bob.accountId);
  const roster = rosterOf([alice.chain, bob.chain]);
  const header = {
    conversation,
    messageId: messageId(random(16)),
    attempt: 0,
    sender: alice.accountId,
    senderDevice: alice.device.deviceId,
    rosterVersion: 1,
    rosterHash: rosterHash(conversation, 1, roster),
    expiresAt: 0,
  };
  const inner: Inner = {
    contentType: 1,
    senderSequence: 1,
    previousContent: hash(new Uint8Array(32)),
    logSeen: logStart(conversation, incarnation(random(16))),
    chainHeads: [headOf(alice.chain), headOf(bob.chain)].sort((a, b) => compare(a.accountId, b.accountId)),
    ephemeralKey: ephemeralKey(asSecret(random(32))),
    sentAt: monday,
    body: utf8(text),
  };
  return { header, inner };
}

/**
 * An envelope that two content keys open but for its commitment, which fits the first. The plaintext under the
 * second is noise here; with more work it is a text.
 */
export function twoTextEnvelope() {
  const { header, inner } = letter("x".repeat(64));
  const random = seededRandom("two texts");
  const nonce = random(24);
  const headerBytes = encodeEnvelopeHeader({ ...header, nonce });
  const headerHash = hashLabelled(labels.envelopeHeader, headerBytes);
  const reading = () => {
    const secret = contentKey(asSecret(random(32)));
    const derived = derive(labels.envelopeKey, secret, nonce, headerHash, 64);
    return { secret, key: derived.subarray(0, 32), aad: concat(headerHash, derived.subarray(32)) };
  };
  const [first, second] = [reading(), reading()];
  const plaintext = pad(encodeInner(inner));
  const ciphertext = xchachaSeal(first.key, nonce, plaintext, first.aad).subarray(0, plaintext.length);
  // The body starts with the 17th block; the 18th and 19th are in the midst of it.
  const sealed = openUnderBoth(ciphertext, nonce, [first, second], 18);
  const envelope = concat(headerBytes, first.aad.subarray(32), sealed);
  return { envelope, nonce, sealed, first, second };
}

export function envelopeCases(): Cases {
  const twoTexts = twoTextEnvelope();
  const { header, inner } = letter();
  const seal = (changed: Partial<Inner> = {}, changedHeader: Partial<typeof header> = {}) =>
    sealEnvelope({
      header: { ...header, ...changedHeader },
      inner: { ...inner, ...changed },
      random: seededRandom("envelope"),
    });
  const sealed = seal();
  const key = sealed.contentKey;
  const check = (
    expect: "ok" | KeysErrorCode,
    about: string,
    envelope: Uint8Array,
    secret: ContentKey = key,
  ) => ({
    about,
    operation: "open envelope",
    input: { envelope: toHex(envelope), contentKey: toHex(secret) },
    expect,
  });

  /** Seals any padded plaintext correctly: what a faulty or hostile sender can do. */
  function sealPadded(padded: Uint8Array): Uint8Array {
    const nonce = sealed.envelope.slice(ENVELOPE_HEADER_BYTES - 24, ENVELOPE_HEADER_BYTES);
    const headerBytes = encodeEnvelopeHeader({ ...header, nonce });
    const headerHash = hashLabelled(labels.envelopeHeader, headerBytes);
    const derived = derive(labels.envelopeKey, key, nonce, headerHash, 64);
    const commitment = derived.subarray(32);
    const ciphertext = xchachaSeal(derived.subarray(0, 32), nonce, padded, concat(headerHash, commitment));
    return concat(headerBytes, commitment, ciphertext);
  }
  const innerBytes = encodeInner(inner);
  const padded = pad(innerBytes);
  const [first, second] = inner.chainHeads;
  const swapped = first && second ? [second, first] : [];
  const headsAt = 1 + 2 + 8 + 32 + 8 + 32 + 1;
  const heads = swapped.map((head) => concat(head.accountId, new Uint8Array(8), head.hash));

  return {
    "envelope-first": check("ok", "the first message of a device", sealed.envelope),
    "envelope-empty": check(
      "ok",
      "an empty body, no chain heads",
      ...opened(seal({ body: new Uint8Array(0), chainHeads: [] })),
    ),
    "envelope-unknown-content": check(
      "ok",
      "an unknown content type is kept",
      ...opened(seal({ contentType: 65535 })),
    ),
    "envelope-expiring": check(
      "ok",
      "an expiry and an attempt",
      ...opened(seal({}, { expiresAt: 1_767_600_060, attempt: 2 })),
    ),

    "envelope-wrong-key": check(
      "decrypt_failed",
      "another content key",
      sealed.envelope,
      contentKey(flip(key, 0)),
    ),
    "envelope-two-texts-committed": check(
      "ok",
      "a ciphertext for two keys, and the key that the commitment fits",
      twoTexts.envelope,
      twoTexts.first.secret,
    ),
    "envelope-two-texts-other": check(
      "decrypt_failed",
      "the same, and the other key, with which only the commitment is wrong",
      twoTexts.envelope,
      twoTexts.second.secret,
    ),
    "envelope-conversation": check(
      "decrypt_failed",
      "a bit of the conversation id",
      flip(sealed.envelope, 1),
    ),
    "envelope-message-id": check("decrypt_failed", "a bit of the message id", flip(sealed.envelope, 33)),
    "envelope-sender": check("decrypt_failed", "a bit of the sender's account", flip(sealed.envelope, 60)),
    "envelope-roster-hash": check("decrypt_failed", "a bit of the roster hash", flip(sealed.envelope, 120)),
    "envelope-nonce": check(
      "decrypt_failed",
      "a bit of the nonce",
      flip(sealed.envelope, ENVELOPE_HEADER_BYTES - 1),
    ),
    "envelope-commitment": check(
      "decrypt_failed",
      "a bit of the commitment",
      flip(sealed.envelope, ENVELOPE_HEADER_BYTES),
    ),
    "envelope-ciphertext": check(
      "decrypt_failed",
      "a bit of the ciphertext",
      flip(sealed.envelope, ENVELOPE_HEADER_BYTES + 32),
    ),
    "envelope-tag": check("decrypt_failed", "a bit of the tag", flip(sealed.envelope, -1)),
    "envelope-truncated": check(
      "decrypt_failed",
      "the last byte is missing",
      sealed.envelope.subarray(0, -1),
    ),
    "envelope-trailing-byte": check(
      "decrypt_failed",
      "a byte follows",
      concat(sealed.envelope, Uint8Array.of(0)),
    ),

    "envelope-too-short": check("malformed", "shorter than any envelope", sealed.envelope.subarray(0, 476)),
    "envelope-too-long": check(
      "malformed",
      "above 131,072 bytes",
      concat(sealed.envelope, new Uint8Array(MAX_ENVELOPE_BYTES)),
    ),
    "envelope-expiry-seconds": check(
      "malformed",
      "an expiry that is no whole minute",
      flip(sealed.envelope, ENVELOPE_HEADER_BYTES - 25),
    ),
    "envelope-roster-version-huge": check(
      "malformed",
      "a roster version above 2^53 - 1",
      put(sealed.envelope, 101, Uint8Array.of(0xff)),
    ),
    "envelope-version-2": check(
      "unsupported_version",
      "version 2",
      put(sealed.envelope, 0, Uint8Array.of(2)),
    ),

    "envelope-padding-mark": check(
      "malformed",
      "the padding's mark is not 0x80",
      sealPadded(put(padded, innerBytes.length, Uint8Array.of(0x81))),
    ),
    "envelope-padding-length": check(
      "malformed",
      "padded further than needed",
      sealPadded(concat(padded, new Uint8Array(16))),
    ),
    "envelope-inner-version-2": check(
      "unsupported_version",
      "version 2 inside",
      sealPadded(pad(put(innerBytes, 0, Uint8Array.of(2)))),
    ),
    "envelope-inner-trailing-byte": check(
      "malformed",
      "a byte follows the inner",
      sealPadded(pad(concat(innerBytes, Uint8Array.of(1)))),
    ),
    "envelope-inner-heads-order": check(
      "malformed",
      "chain heads out of order",
      sealPadded(pad(put(innerBytes, headsAt, concat(...heads)))),
    ),
  };

  function opened(made: ReturnType<typeof seal>): [Uint8Array, ContentKey] {
    return [made.envelope, made.contentKey];
  }
}
