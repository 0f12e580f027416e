// A second implementation of the opening side of keys/SPEC.md, written from that document alone and over another
// library. It exists to be compared with the first: it imports nothing of it, and nothing but tests imports it.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export class Refused extends Error {
  readonly code: string;
  constructor(code: string, why: string) {
    super(`${code}: ${why}`);
    this.code = code;
  }
}

export function must(holds: boolean, code: string, why: string): asserts holds {
  if (!holds) throw new Refused(code, why);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
export const zeros = (length: number): Uint8Array => new Uint8Array(length);
export const join = concatBytes;

/** §1.1 */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get at(): number {
    return this.#at;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  fixed(length: number): Uint8Array {
    must(length <= this.left, "malformed", "cut short");
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }
  uint(length: 1 | 2 | 4 | 8): number {
    const value = BigInt(`0x${hex(this.fixed(length))}`);
    must(value <= BigInt(Number.MAX_SAFE_INTEGER), "malformed", "a number above 2^53 - 1");
    return Number(value);
  }
  bytes(most: number): Uint8Array {
    const length = this.uint(4);
    must(length <= most, "malformed", "too long");
    return this.fixed(length);
  }
  flag(): boolean {
    const flag = this.uint(1);
    must(flag < 2, "malformed", "neither 0 nor 1");
    return flag === 1;
  }
  version(): void {
    must(this.uint(1) === 1, "unsupported_version", "a version other than 1");
  }
  end(): void {
    must(this.left === 0, "malformed", "trailing bytes");
  }
}

export function uint(value: number, length: 1 | 2 | 4 | 8): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

/** §1.2 */
export const frame = (label: string, x: Uint8Array): Uint8Array =>
  join(utf8ToBytes(label), zeros(1), uint(x.length, 4), x);
export const H = (label: string, ...x: Uint8Array[]): Uint8Array => sha256(frame(label, join(...x)));
export const derive = (
  label: string,
  secret: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  length: number,
): Uint8Array => hkdf(sha256, secret, salt, frame(label, context), length);

export function signed(label: string, x: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  return signature.length === 64 && ed25519.verify(signature, frame(label, x), key, { zip215: false });
}

/** §1.4 */
export function checkX25519(key: Uint8Array): void {
  const value = BigInt(`0x${hex(key.slice().reverse())}`);
  must(value < 2n ** 255n - 19n, "bad_key", "X25519, not canonical");
  dh(zeros(32).fill(0x42), key);
}

export function checkEd25519(key: Uint8Array): void {
  let point: InstanceType<typeof ed25519.Point> | undefined;
  try {
    point = ed25519.Point.fromBytes(key);
  } catch {
    // Reported below.
  }
  must(point !== undefined, "bad_key", "no canonical point");
  must(point.isTorsionFree() && !point.isSmallOrder(), "bad_key", "not of the prime-order group");
}

export function checkKem(key: Uint8Array): void {
  for (let i = 0; i < 1152; i += 3) {
    const [a = 0, b = 0, c = 0] = key.subarray(i, i + 3);
    must(Math.max(a | ((b & 15) << 8), (b >> 4) | (c << 4)) < 3329, "bad_key", "an ML-KEM coefficient");
  }
}

export function dh(secret: Uint8Array, key: Uint8Array): Uint8Array {
  try {
    return x25519.getSharedSecret(secret, key);
  } catch {
    throw new Refused("bad_key", "a DH of zeros");
  }
}

export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(sealed);
  } catch {
    throw new Refused("decrypt_failed", "does not open");
  }
}

/** §7.4 */
export function unpad(padded: Uint8Array): Uint8Array {
  const mark = padded.findLastIndex((byte) => byte !== 0);
  must(padded[mark] === 0x80, "malformed", "no padding mark");
  const n = Math.max(mark + 1, 256);
  const E = Math.floor(Math.log2(n));
  const step = 2 ** (E - (Math.floor(Math.log2(E)) + 1));
  must(padded.length === Math.ceil(n / step) * step, "malformed", "another padded length");
  return padded.slice(0, mark);
}
