// The attack that the commitment of SPEC §7.2 is there for: one XChaCha20-Poly1305 ciphertext with one tag that
// opens under two keys. Poly1305 is a polynomial in the blocks; with both keys known, one free block makes the
// two tags meet.
import { createCipheriv } from "node:crypto";
import { concat } from "../bytes.ts";
import { Writer } from "../encoding.ts";
import { xchachaOpen } from "../sodium.ts";

const P = 2n ** 130n - 5n;
const TWO_128 = 2n ** 128n;

export interface Reading {
  readonly key: Uint8Array;
  readonly aad: Uint8Array;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).reverse().toString("hex")}`);
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(mod(base * base), exponent / 2n);
  return exponent % 2n === 1n ? mod(half * base) : half;
}

function chacha20(key: Uint8Array, iv: Uint8Array, length: number): Buffer {
  return createCipheriv("chacha20", key, iv).update(Buffer.alloc(length));
}

/** HChaCha20: a ChaCha20 block without its last addition, of which words 0-3 and 12-15 are the subkey. */
function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const block = chacha20(key, nonce.subarray(0, 16), 64);
  const constants = Buffer.from("expand 32-byte k");
  const words = [0, 4, 8, 12, 48, 52, 56, 60].map((at, index) => {
    const added = index < 4 ? constants.readUInt32LE(at) : Buffer.from(nonce).readUInt32LE(at - 48);
    return (block.readUInt32LE(at) - added) >>> 0;
  });
  const made = Buffer.alloc(32);
  for (const [index, word] of words.entries()) made.writeUInt32LE(word, index * 4);
  return made;
}

/** The one-time Poly1305 key of an XChaCha20-Poly1305 message. */
function polyKey(key: Uint8Array, nonce: Uint8Array): { r: bigint; s: bigint } {
  const iv = concat(new Uint8Array(8), nonce.subarray(16));
  const bytes = chacha20(subkey(key, nonce), iv, 32);
  const r = littleEndian(bytes.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  return { r, s: littleEndian(bytes.subarray(16)) };
}

/** What Poly1305 goes over: aad, ciphertext and their lengths, in blocks. */
function blocksOf(aad: Uint8Array, ciphertext: Uint8Array): bigint[] {
  const filled = (bytes: Uint8Array) => concat(bytes, new Uint8Array((16 - (bytes.length % 16)) % 16));
  const lengths = new Writer().u64(ciphertext.length).u64(aad.length).finish().reverse();
  const all = concat(filled(aad), filled(ciphertext), lengths);
  return Array.from({ length: all.length / 16 }, (_, index) =>
    littleEndian(all.subarray(index * 16, index * 16 + 16)),
  );
}

/** The polynomial's value with the block at `free` as zero, and the factor of that block. */
function around(aad: Uint8Array, ciphertext: Uint8Array, r: bigint, free: number) {
  const blocks = blocksOf(aad, ciphertext);
  const index = Math.ceil(aad.length / 16) + free;
  let value = 0n;
  for (const [at, block] of blocks.entries())
    value = mod((value + TWO_128 + (at === index ? 0n : block)) * r);
  return { value, factor: power(r, BigInt(blocks.length - index)) };
}

/**
 * Changes block `free` of a ciphertext (16 bytes), and block `free + 1` where need be, so that it opens under
 * both readings; returns it with its tag.
 */
export function openUnderBoth(
  ciphertext: Uint8Array,
  nonce: Uint8Array,
  readings: readonly [Reading, Reading],
  free: number,
): Uint8Array {
  const [one, other] = readings.map(({ key, aad }) => ({ key, aad, ...polyKey(key, nonce) })) as [
    Reading & { r: bigint; s: bigint },
    Reading & { r: bigint; s: bigint },
  ];
  const made = Uint8Array.from(ciphertext);
  for (let attempt = 0; attempt < 64; attempt += 1) {
    made[free * 16 + 16] = attempt;
    const a = around(one.aad, made, one.r, free);
    const b = around(other.aad, made, other.r, free);
    const inverse = power(mod(a.factor - b.factor), P - 2n);
    for (let wraps = -4n; wraps <= 4n; wraps += 1n) {
      const block = mod((other.s - one.s + wraps * TWO_128 - a.value + b.value) * inverse);
      if (block >= TWO_128) continue;
      made.set(Buffer.from(block.toString(16).padStart(32, "0"), "hex").reverse(), free * 16);
      const tag = (mod(a.value + block * a.factor) + one.s) % TWO_128;
      const sealed = concat(made, Buffer.from(tag.toString(16).padStart(32, "0"), "hex").reverse());
      if (readings.every(({ key, aad }) => xchachaOpen(key, nonce, sealed, aad) !== null)) return sealed;
    }
  }
  throw new Error("no block makes the two tags meet");
}
