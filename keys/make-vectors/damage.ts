// Ways to break bytes, each on a copy.
import { fromHex } from "../bytes.ts";

/** One bit changed. A negative `at` counts from the end. */
export function flip(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const index = at < 0 ? bytes.length + at : at;
  flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
  return flipped;
}

/** Other bytes from `at` on. */
export function put(bytes: Uint8Array, at: number, what: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed.set(what, at);
  return changed;
}

/** An X25519 point of order 8, and its other encodings' common fault: a set bit 255. */
export const smallOrderPoint = fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");

export function withBit255(publicKey: Uint8Array): Uint8Array {
  return flip(publicKey, 31, 7);
}
