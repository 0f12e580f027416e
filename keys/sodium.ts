// The only module that imports libsodium; SHA-256, HMAC and HKDF come from node:crypto, because the plain
// libsodium build leaves them out, and so do random bytes. Everything here is a thin, typed, stricter door to a
// primitive (SPEC §0.1).
import { createHmac, hkdfSync, randomBytes as nodeRandomBytes, hash as oneShotHash } from "node:crypto";
import sodium from "libsodium-wrappers";
import { asSecret, equal, type SecretBytes } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import {
  type AgreementPublicKey,
  agreementPublicKey,
  type KemPublicKey,
  kemPublicKey,
  type RecoveryPublicKey,
  recoveryPublicKey,
  type Signature,
  type SigningPublicKey,
  signature,
  signingPublicKey,
} from "./ids.ts";

export interface SigningKeyPair {
  readonly publicKey: SigningPublicKey;
  /** libsodium's form: seed 32 ‖ public key 32. */
  readonly secretKey: SecretBytes;
}

export interface AgreementKeyPair {
  readonly publicKey: AgreementPublicKey;
  readonly secretKey: SecretBytes;
}

export interface KemKeyPair {
  readonly publicKey: KemPublicKey;
  /** The expanded decapsulation key, 2,400 bytes. Store the 64-byte seed instead. */
  readonly secretKey: SecretBytes;
}

export interface RecoveryKeyPair {
  readonly publicKey: RecoveryPublicKey;
  readonly secretKey: SecretBytes;
}

export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: SecretBytes;
}

export const KEM_SEED_BYTES = 64;
export const KEM_CIPHERTEXT_BYTES = 1088;
export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;

/** Resolves when libsodium is compiled. Nothing else in this folder may be called before. */
export function ready(): Promise<void> {
  return sodium.ready;
}

/** From Node: libsodium's own asks the system for each 32-bit word, 48 µs for a nonce against 2. */
export function randomBytes(length: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(length));
}

function needLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new KeysError("malformed", `${what} must be ${length} bytes`);
}

/**
 * A point of the prime-order group: no small order, and no small-order part added to a good key. Nor a second
 * encoding: those that exist stand for y below 19, and no such point is in the group.
 */
export function isEd25519PublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey);
    return true;
  } catch {
    return false;
  }
}

export function ed25519Keypair(seed: Uint8Array): SigningKeyPair {
  needLength(seed, 32, "Ed25519 seed");
  const pair = sodium.crypto_sign_seed_keypair(seed);
  return { publicKey: signingPublicKey(pair.publicKey), secretKey: asSecret(pair.privateKey) };
}

export function ed25519Sign(message: Uint8Array, secretKey: Uint8Array): Signature {
  needLength(secretKey, 64, "Ed25519 secret key");
  return signature(sodium.crypto_sign_detached(message, secretKey));
}

/**
 * libsodium's verdict, on the relay too: other libraries disagree on edge cases, and a disagreement forks a
 * chain. It refuses non-canonical S, R and public keys and public keys of small order (SPEC §1.4).
 */
export function ed25519Verify(message: Uint8Array, sig: Uint8Array, publicKey: Uint8Array): boolean {
  if (sig.length !== 64 || publicKey.length !== 32) return false;
  return sodium.crypto_sign_verify_detached(sig, message, publicKey);
}

// X25519

/** The points of small order in canonical form; any DH with them is all zeros (RFC 7748 §6.1). */
const smallOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => new Uint8Array(Buffer.from(hex, "hex")));

/** Below 2^255 - 19, so bit 255 is clear: one key has one encoding (SPEC §1.4). */
function isCanonical(publicKey: Uint8Array): boolean {
  const top = publicKey[31] ?? 0xff;
  if (top !== 0x7f) return top < 0x7f;
  return (publicKey[0] ?? 0xff) < 0xed || !publicKey.subarray(1, 31).every((byte) => byte === 0xff);
}

// Ed25519

export function isX25519PublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32 || !isCanonical(publicKey)) return false;
  return !smallOrder.some((point) => equal(point, publicKey));
}

export function x25519Keypair(secret: Uint8Array): AgreementKeyPair {
  needLength(secret, 32, "X25519 secret key");
  const publicKey = agreementPublicKey(sodium.crypto_scalarmult_base(secret));
  return { publicKey, secretKey: asSecret(secret) };
}

/** RFC 7748, but `bad_key` for a non-canonical or small-order public key and for an all-zero result. */
export function x25519(secretKey: Uint8Array, publicKey: Uint8Array): SecretBytes {
  needLength(secretKey, 32, "X25519 secret key");
  if (!isX25519PublicKey(publicKey)) throw new KeysError("bad_key", "not an acceptable X25519 public key");
  let shared: Uint8Array;
  try {
    shared = sodium.crypto_scalarmult(secretKey, publicKey);
  } catch (cause) {
    throw new KeysError("bad_key", "not an acceptable X25519 public key", { cause });
  }
  if (equal(shared, new Uint8Array(32))) throw new KeysError("bad_key", "all-zero X25519 result");
  return asSecret(shared);
}

// ML-KEM-768

/** FIPS 203 §7.2: the right length, and each of the 768 twelve-bit coefficients below q = 3329. */
export function isMlkem768PublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 1184) return false;
  for (let at = 0; at < 1152; at += 3) {
    const [a = 0, b = 0, c = 0] = publicKey.subarray(at, at + 3);
    if ((((b & 0x0f) << 8) | a) >= 3329 || ((c << 4) | (b >>> 4)) >= 3329) return false;
  }
  return true;
}

/** `seed` = d ‖ z of FIPS 203, 64 bytes. */
export function mlkem768Keypair(seed: Uint8Array): KemKeyPair {
  needLength(seed, KEM_SEED_BYTES, "ML-KEM-768 seed");
  const pair = sodium.crypto_kem_mlkem768_seed_keypair(seed);
  return { publicKey: kemPublicKey(pair.publicKey), secretKey: asSecret(pair.privateKey) };
}

/** `entropy` = m of FIPS 203, 32 random bytes, used once. Throws `bad_key`. */
export function mlkem768Encapsulate(publicKey: Uint8Array, entropy: Uint8Array): Encapsulation {
  needLength(entropy, 32, "ML-KEM-768 entropy");
  if (!isMlkem768PublicKey(publicKey)) throw new KeysError("bad_key", "not an ML-KEM-768 public key");
  const made = sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, entropy);
  return { ciphertext: made.ciphertext, sharedSecret: asSecret(made.sharedSecret) };
}

/** A wrong ciphertext gives another secret, not an error (implicit rejection). */
export function mlkem768Decapsulate(secretKey: Uint8Array, ciphertext: Uint8Array): SecretBytes {
  needLength(secretKey, 2400, "ML-KEM-768 secret key");
  needLength(ciphertext, KEM_CIPHERTEXT_BYTES, "ML-KEM-768 ciphertext");
  return asSecret(sodium.crypto_kem_mlkem768_dec(ciphertext, secretKey));
}

// X-Wing = ML-KEM-768 ‖ X25519

export function isXwingPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 1216) return false;
  return isMlkem768PublicKey(publicKey.subarray(0, 1184)) && isX25519PublicKey(publicKey.subarray(1184));
}

export function xwingKeypair(seed: Uint8Array): RecoveryKeyPair {
  needLength(seed, 32, "X-Wing seed");
  const pair = sodium.crypto_kem_xwing_seed_keypair(seed);
  return { publicKey: recoveryPublicKey(pair.publicKey), secretKey: asSecret(pair.privateKey) };
}

// XChaCha20-Poly1305. Not key-committing: SPEC §7.2 says where that is mended.

export function xchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  needLength(key, 32, "XChaCha20 key");
  needLength(nonce, NONCE_BYTES, "XChaCha20 nonce");
  return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, null, nonce, key);
}

/** The plaintext, or null when anything at all does not fit: one opaque failure. */
export function xchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array | null {
  if (key.length !== 32 || nonce.length !== NONCE_BYTES || ciphertext.length < TAG_BYTES) return null;
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, aad, nonce, key);
  } catch {
    return null;
  }
}

// SHA-256

export function sha256(bytes: Uint8Array): Uint8Array {
  // By a string, each of whose characters is a byte: Node's Buffer for it would take memory outside of the heap, which
  // costs as much as the hash, 1.1 µs instead of 0.5, and a relay makes three for each message.
  const digest = oneShotHash("sha256", bytes, "binary");
  const hashed = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) hashed[at] = digest.charCodeAt(at);
  return hashed;
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(bytes).digest());
}

/** RFC 5869. Node caps `info` at 1,024 bytes; ours is a framed label and hashes. */
export function hkdfSha256(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): SecretBytes {
  return asSecret(new Uint8Array(hkdfSync("sha256", secret, salt, info, length)));
}
