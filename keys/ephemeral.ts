// Typing and presence, SPEC §9: droppable, outside any ratchet, under a key that came inside a message.
import { concat, type Random } from "./bytes.ts";
import {
  EPHEMERAL_HEADER_BYTES,
  type EphemeralHeader,
  encodeEphemeralHeader,
  MAX_EPHEMERAL_FRAME_BYTES,
  readEphemeralHeader,
} from "./ephemeral-header.ts";
import { KeysError } from "./errors.ts";
import type { EphemeralKey } from "./ids.ts";
import { frame } from "./labelled.ts";
import { labels } from "./labels.ts";
import { pad, unpad } from "./padding.ts";
import { NONCE_BYTES, xchachaOpen, xchachaSeal } from "./sodium.ts";

export interface EphemeralInput {
  readonly header: Omit<EphemeralHeader, "nonce">;
  readonly body: Uint8Array;
  readonly key: EphemeralKey;
  readonly random: Random;
}

/** Throws `malformed` for a frame above 4 KiB. */
export function sealEphemeral({ header, body, key, random }: EphemeralInput): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const headerBytes = encodeEphemeralHeader({ ...header, nonce });
  const sealed = xchachaSeal(key, nonce, pad(body), frame(labels.ephemeral, headerBytes));
  const bytes = concat(headerBytes, sealed);
  if (bytes.length > MAX_EPHEMERAL_FRAME_BYTES) throw new KeysError("malformed", "too long for a frame");
  return bytes;
}

/** Throws `decrypt_failed`, `malformed`, `unsupported_version`. A caller drops what does not open. */
export function openEphemeral(
  bytes: Uint8Array,
  key: EphemeralKey,
): { header: EphemeralHeader; body: Uint8Array } {
  const header = readEphemeralHeader(bytes);
  const headerBytes = bytes.subarray(0, EPHEMERAL_HEADER_BYTES);
  const sealed = bytes.subarray(EPHEMERAL_HEADER_BYTES);
  const padded = xchachaOpen(key, header.nonce, sealed, frame(labels.ephemeral, headerBytes));
  if (padded === null) throw new KeysError("decrypt_failed", "an ephemeral frame does not open");
  return { header, body: unpad(padded) };
}
