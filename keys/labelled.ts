import type { SecretBytes } from "./bytes.ts";
import { utf8 } from "./bytes.ts";
import { type Hash, hash, type Signature } from "./ids.ts";
import type { Label } from "./labels.ts";
import { ed25519Sign, ed25519Verify, hkdfSha256, sha256 } from "./sodium.ts";

/**
 * label ‖ 0x00 ‖ u32 length ‖ bytes: what is signed, hashed or named as the context of a derived key
 * (SPEC §1.2). No label holds a zero byte, so two framings of different labels never meet.
 */
export function frame(label: string, bytes: Uint8Array): Uint8Array {
  const front = frontOf(label);
  const framed = new Uint8Array(front.length + 4 + bytes.length);
  writeFrame(framed, front, bytes);
  return framed;
}

function writeFrame(to: Uint8Array, front: Uint8Array, bytes: Uint8Array): void {
  to.set(front);
  for (let place = 0; place < 4; place += 1) to[front.length + place] = bytes.length >>> (24 - 8 * place);
  to.set(bytes, front.length + 4);
}

/** label ‖ 0x00 of each label, of which there are a few. */
const fronts = new Map<string, Uint8Array>();

function frontOf(label: string): Uint8Array {
  const known = fronts.get(label);
  if (known !== undefined) return known;
  const front = utf8(`${label}\0`);
  fronts.set(label, front);
  return front;
}

/** H(label, bytes) of the specification. */
export function hashLabelled(label: Label, bytes: Uint8Array): Hash {
  const front = frontOf(label);
  const length = front.length + 4 + bytes.length;
  if (length > desk.length) return hash(sha256(frame(label, bytes)));
  writeFrame(desk, front, bytes);
  const hashed = hash(sha256(desk.subarray(0, length)));
  // What was hashed may have been a plaintext.
  desk.fill(0, 0, length);
  return hashed;
}

/** Where what is hashed is put together: memory of its own costs more than the hash, and a relay makes three a message. */
const desk = new Uint8Array(4_096);

export function sign(label: Label, bytes: Uint8Array, secretKey: Uint8Array): Signature {
  return ed25519Sign(frame(label, bytes), secretKey);
}

export function verify(
  label: Label,
  bytes: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  return ed25519Verify(frame(label, bytes), signature, publicKey);
}

/** HKDF-SHA-256 with info = frame(label, context). */
export function derive(
  label: Label,
  secret: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  length: number,
): SecretBytes {
  return hkdfSha256(secret, salt, frame(label, context), length);
}
