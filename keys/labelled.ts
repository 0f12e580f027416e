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
  // In one piece, not by a Writer: a relay hashes three of these for each message.
  const front = frontOf(label);
  const framed = new Uint8Array(front.length + 4 + bytes.length);
  framed.set(front);
  for (let place = 0; place < 4; place += 1) framed[front.length + place] = bytes.length >>> (24 - 8 * place);
  framed.set(bytes, front.length + 4);
  return framed;
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
  return hash(sha256(frame(label, bytes)));
}

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
