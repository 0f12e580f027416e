import { hash } from "node:crypto";
import { asSecret, concat, type SecretBytes } from "./bytes.ts";

// The ratchet takes five HMACs a wrap. Node's `createHmac` builds a stream object for each and costs five
// times what two one-shot hashes do (12 µs against 2.4), which would be two thirds of a wrap's price. The
// tests hold this to `hmacSha256` and `hkdfSha256` of sodium.ts and to published vectors.

const BLOCK = 64;
const HASH = 32;

/** HMAC-SHA-256 (RFC 2104). Throws a RangeError for a key above 64 bytes: ours have 32. */
export function hmac(key: Uint8Array, message: Uint8Array): SecretBytes {
  if (key.length > BLOCK) throw new RangeError("HMAC key above one block");
  const inner = new Uint8Array(BLOCK + message.length);
  const outer = new Uint8Array(BLOCK + HASH);
  for (let at = 0; at < BLOCK; at += 1) {
    const byte = key[at] ?? 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  inner.set(message, BLOCK);
  outer.set(hash("sha256", inner, "buffer"), BLOCK);
  return asSecret(hash("sha256", outer, "buffer"));
}

/** HKDF-SHA-256 (RFC 5869) with a salt of at most 64 bytes; an empty salt is 32 zeros. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): SecretBytes {
  if (length > 255 * HASH) throw new RangeError("HKDF output above 255 blocks");
  const extracted = hmac(salt, secret);
  if (length <= HASH)
    return hmac(extracted, concat(info, Uint8Array.of(1))).subarray(0, length) as SecretBytes;
  const output = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < length; at += HASH) {
    block = hmac(extracted, concat(block, info, Uint8Array.of(at / HASH + 1)));
    output.set(block.subarray(0, length - at), at);
  }
  return asSecret(output);
}
