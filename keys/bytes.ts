import { timingSafeEqual } from "node:crypto";
import { KeysError } from "./errors.ts";

/** A source of random bytes; passed in wherever the outcome depends on it. */
export type Random = (length: number) => Uint8Array;

/**
 * Bytes that print as `[secret]` in logs, JSON and test output. Copies and slices stay secret.
 * This is a seat belt, not a promise: see SPEC §11.
 */
export class SecretBytes extends Uint8Array<ArrayBufferLike> {
  toJSON(): string {
    return "[secret]";
  }

  override toString(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** The same memory, seen as secret. */
export function asSecret(bytes: Uint8Array): SecretBytes {
  return new SecretBytes(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same memory as a plain Uint8Array: never a Buffer, whose `slice` does not copy. */
export function asPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Equality in constant time for equal lengths; the lengths themselves are not secret. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Order of unsigned bytes, as in the sorted lists of SPEC §8.2. Not for secrets. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function toHex(bytes: Uint8Array): string {
  if (bytes.length > desk.length) return Buffer.from(bytes).toString("hex");
  // To ask a small array for its buffer moves it out of the heap, which costs ten times what its text does.
  desk.set(bytes);
  return desk.toString("hex", 0, bytes.length);
}

const desk = Buffer.alloc(64);

const lowerCaseHex = /^(?:[0-9a-f]{2})*$/;

/** Reads lower-case hex, the only text form of bytes (SPEC §1.3). Throws `malformed`. */
export function fromHex(text: string): Uint8Array {
  if (!lowerCaseHex.test(text)) throw new KeysError("malformed", "not lower-case hex");
  return new Uint8Array(Buffer.from(text, "hex"));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
