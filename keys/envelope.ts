// The sealed content of one message, SPEC §7: written once, its key wrapped for each device (SPEC §6).
import { asSecret, concat, equal, type Random } from "./bytes.ts";
import {
  COMMITMENT_BYTES,
  ENVELOPE_HEADER_BYTES,
  type EnvelopeHeader,
  encodeEnvelopeHeader,
  envelopeHash,
  MAX_ENVELOPE_BYTES,
  readEnvelopeHeader,
} from "./envelope-header.ts";
import { KeysError } from "./errors.ts";
import { type ContentKey, contentKey, type Hash } from "./ids.ts";
import { decodeInner, encodeInner, type Inner } from "./inner.ts";
import { derive, hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import { pad, unpad } from "./padding.ts";
import { NONCE_BYTES, xchachaOpen, xchachaSeal } from "./sodium.ts";

export interface SealInput {
  readonly header: Omit<EnvelopeHeader, "nonce">;
  readonly inner: Inner;
  readonly random: Random;
}

export interface SealedEnvelope {
  readonly envelope: Uint8Array;
  readonly contentKey: ContentKey;
  readonly envelopeHash: Hash;
  readonly contentHash: Hash;
}

export interface OpenedEnvelope {
  readonly header: EnvelopeHeader;
  readonly inner: Inner;
  /** What this device's next message and replies refer to. */
  readonly contentHash: Hash;
}

/**
 * k ‖ commitment, SPEC §7.2. XChaCha20-Poly1305 alone would let a sender make one ciphertext that says one
 * thing under Alice's key and another under Bob's; the commitment fits one content key only.
 */
function keys(key: ContentKey, nonce: Uint8Array, headerHash: Hash) {
  const derived = derive(labels.envelopeKey, key, nonce, headerHash, 64);
  return { key: derived.subarray(0, 32), commitment: derived.subarray(32) };
}

/** Throws `malformed` when a field does not fit or the whole is above 128 KiB. */
export function sealEnvelope({ header, inner, random }: SealInput): SealedEnvelope {
  const nonce = random(NONCE_BYTES);
  const secret = contentKey(asSecret(random(32)));
  const headerBytes = encodeEnvelopeHeader({ ...header, nonce });
  const headerHash = hashLabelled(labels.envelopeHeader, headerBytes);
  const innerBytes = encodeInner(inner);
  const { key, commitment } = keys(secret, nonce, headerHash);
  const ciphertext = xchachaSeal(key, nonce, pad(innerBytes), concat(headerHash, commitment));
  const envelope = concat(headerBytes, commitment, ciphertext);
  if (envelope.length > MAX_ENVELOPE_BYTES) throw new KeysError("malformed", "too long for one envelope");
  return {
    envelope,
    contentKey: secret,
    envelopeHash: envelopeHash(envelope),
    contentHash: hashLabelled(labels.contentHash, innerBytes),
  };
}

/**
 * Throws `decrypt_failed` for a wrong key or any changed byte; `malformed` and `unsupported_version` for a
 * header that cannot be read, or for content that its sender made wrong.
 */
export function openEnvelope(envelope: Uint8Array, secret: ContentKey): OpenedEnvelope {
  const header = readEnvelopeHeader(envelope);
  const headerHash = hashLabelled(labels.envelopeHeader, envelope.subarray(0, ENVELOPE_HEADER_BYTES));
  const { key, commitment } = keys(secret, header.nonce, headerHash);
  const ciphertextAt = ENVELOPE_HEADER_BYTES + COMMITMENT_BYTES;
  const committed = equal(commitment, envelope.subarray(ENVELOPE_HEADER_BYTES, ciphertextAt));
  const padded = committed
    ? xchachaOpen(key, header.nonce, envelope.subarray(ciphertextAt), concat(headerHash, commitment))
    : null;
  if (padded === null) throw new KeysError("decrypt_failed", "an envelope does not open");
  const innerBytes = unpad(padded);
  return {
    header,
    inner: decodeInner(innerBytes),
    contentHash: hashLabelled(labels.contentHash, innerBytes),
  };
}
