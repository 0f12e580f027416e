// SPEC §7 to §10: envelopes, packed wraps, rosters, logs, ephemeral frames, recovery words.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_kem768_x25519 } from "@noble/post-quantum/hybrid.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { derive, frame, H, join, must, open, Reader, same, uint, unpad, zeros } from "./primitives.ts";

/** §7.1 */
function readEnvelopeHeader(reader: Reader) {
  reader.version();
  const [conversation, messageId, attempt] = [reader.fixed(32), reader.fixed(16), reader.uint(4)];
  const [sender, senderDevice] = [reader.fixed(32), reader.fixed(16)];
  const [rosterVersion, rosterHash, expiresAt] = [reader.uint(8), reader.fixed(32), reader.uint(8)];
  must(expiresAt % 60 === 0, "malformed", "an expiry that is no whole minute");
  const from = { sender, senderDevice, rosterVersion, rosterHash, expiresAt };
  return { conversation, messageId, attempt, ...from, nonce: reader.fixed(24) };
}

/** §7.2 */
export function openEnvelope(envelope: Uint8Array, contentKey: Uint8Array) {
  must(envelope.length <= 131_072, "malformed", "above 131,072 bytes");
  const reader = new Reader(envelope);
  const header = readEnvelopeHeader(reader);
  const headerHash = H("sotto/v1/envelope-header", envelope.slice(0, 173));
  const commitment = reader.fixed(32);
  must(reader.left >= 256 + 16, "malformed", "shorter than any envelope");
  const keys = derive("sotto/v1/envelope-key", contentKey, header.nonce, headerHash, 64);
  must(same(keys.slice(32), commitment), "decrypt_failed", "the commitment");
  const aad = join(headerHash, commitment);
  const inner = unpad(open(keys.slice(0, 32), header.nonce, reader.fixed(reader.left), aad));
  return {
    header,
    inner: readInner(inner),
    contentHash: H("sotto/v1/content-hash", inner),
    envelopeHash: H("sotto/v1/envelope-hash", envelope),
  };
}

/** §7.3 */
function readInner(bytes: Uint8Array) {
  const reader = new Reader(bytes);
  reader.version();
  const [contentType, senderSequence, previousContent] = [reader.uint(2), reader.uint(8), reader.fixed(32)];
  const logSeen = { sequence: reader.uint(8), hash: reader.fixed(32) };
  const head = () => ({ accountId: reader.fixed(32), sequence: reader.uint(8), hash: reader.fixed(32) });
  const chainHeads = Array.from({ length: reader.uint(1) }, head);
  must(ascend(chainHeads.map(({ accountId }) => accountId)), "malformed", "chain heads out of order");
  const [ephemeralKey, sentAt, body] = [reader.fixed(32), reader.uint(8), reader.bytes(131_072)];
  reader.end();
  return { contentType, senderSequence, previousContent, logSeen, chainHeads, ephemeralKey, sentAt, body };
}

const ascend = (list: Uint8Array[]): boolean =>
  list.every((item, i) => i === 0 || Buffer.compare(list[i - 1] ?? item, item) < 0);

/** §7.5 */
export function unpackWraps(packed: Uint8Array): (Uint8Array | null)[] {
  const reader = new Reader(packed);
  const count = reader.uint(2);
  must(count <= 1024, "malformed", "more than 1,024 slices");
  const offsets = Array.from({ length: count + 1 }, () => reader.uint(4));
  must(offsets[0] === 0 && offsets.at(-1) === reader.left, "malformed", "the offsets do not span the data");
  return offsets.slice(1).map((end, i) => {
    const length = end - (offsets[i] ?? 0);
    must(length >= 0 && length <= 1500, "malformed", "a slice that is too long, or ends before it starts");
    return length === 0 ? null : reader.fixed(length);
  });
}

/** §8.1 */
export function directConversation(one: Uint8Array, other: Uint8Array): Uint8Array {
  must(one.length === 32 && other.length === 32 && !same(one, other), "malformed", "two account ids");
  const sorted = [one, other].sort(Buffer.compare);
  return H("sotto/v1/conversation-dm", ...sorted);
}

export const selfConversation = (own: Uint8Array): Uint8Array => H("sotto/v1/conversation-self", own);

export function rosterHash(conversation: Uint8Array, version: number, devices: [Uint8Array, Uint8Array][]) {
  const slots = devices.map(([account, device]) => join(account, device));
  must(slots.length <= 1024 && ascend(slots), "malformed", "out of order, twice, or too many");
  return H("sotto/v1/roster", conversation, uint(version, 8), uint(slots.length, 4), ...slots);
}

/** §8.2 */
export function logHash(conversation: Uint8Array, incarnation: Uint8Array, envelopeHashes: Uint8Array[]) {
  let hash = H("sotto/v1/log-start", conversation, incarnation);
  for (const envelopeHash of envelopeHashes) {
    must(envelopeHash.length === 32, "malformed", "a hash is 32 bytes");
    hash = H("sotto/v1/log", hash, H("sotto/v1/row", Uint8Array.of(1), envelopeHash));
  }
  return hash;
}

/** §9.1 */
export function openEphemeral(bytes: Uint8Array, key: Uint8Array) {
  must(bytes.length >= 105 + 256 + 16 && bytes.length <= 4096, "malformed", "a frame of another size");
  const reader = new Reader(bytes);
  reader.version();
  const [conversation, sender, senderDevice] = [reader.fixed(32), reader.fixed(32), reader.fixed(16)];
  const header = { conversation, sender, senderDevice, nonce: reader.fixed(24) };
  const aad = frame("sotto/v1/ephemeral", bytes.slice(0, 105));
  return { header, body: unpad(open(key, header.nonce, reader.fixed(reader.left), aad)) };
}

/** §10.1 */
export function readWords(text: string): Uint8Array {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  must(words.length === 24, "bad_words", "not 24");
  const indices = words.map((word) => wordlist.indexOf(word));
  must(!indices.includes(-1), "bad_words", "not on the list");
  const bits = indices.map((index) => index.toString(2).padStart(11, "0")).join("");
  const bytes = Uint8Array.from({ length: 33 }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
  const secret = bytes.slice(0, 32);
  must(sha256(secret)[0] === bytes[32], "bad_words", "the checksum");
  return secret;
}

/** §10.2, §10.3 */
export const recoveryKey = (secret: Uint8Array): Uint8Array =>
  ml_kem768_x25519.keygen(derive("sotto/v1/recovery-kem", secret, zeros(32), zeros(0), 32)).publicKey;

export function openAccountKey(words: string, sealed: Uint8Array, accountKey: Uint8Array): Uint8Array {
  const sealKey = derive("sotto/v1/recovery-seal", readWords(words), zeros(32), zeros(0), 32);
  must(sealed.length === 72, "malformed", "72 bytes");
  const aad = frame("sotto/v1/sealed-account-key", accountKey);
  const seed = open(sealKey, sealed.slice(0, 24), sealed.slice(24), aad);
  must(same(ed25519.getPublicKey(seed), accountKey), "decrypt_failed", "the seed of another key");
  return seed;
}
