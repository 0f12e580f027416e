// What the relay can read of an ephemeral frame, SPEC §9.1.
import { Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
} from "./ids.ts";
import { NONCE_BYTES, TAG_BYTES } from "./sodium.ts";

export const MAX_EPHEMERAL_FRAME_BYTES = 4096;
export const EPHEMERAL_HEADER_BYTES = 105;
const MIN_EPHEMERAL_FRAME_BYTES = EPHEMERAL_HEADER_BYTES + 256 + TAG_BYTES;

export interface EphemeralHeader {
  readonly conversation: ConversationId;
  readonly sender: AccountId;
  readonly senderDevice: DeviceId;
  readonly nonce: Uint8Array;
}

export function encodeEphemeralHeader(header: EphemeralHeader): Uint8Array {
  return new Writer()
    .u8(1)
    .fixed(header.conversation, 32)
    .fixed(header.sender, 32)
    .fixed(header.senderDevice, 16)
    .fixed(header.nonce, NONCE_BYTES)
    .finish();
}

/** Reads the front of a whole frame and checks its size. Throws `malformed`, `unsupported_version`. */
export function readEphemeralHeader(frame: Uint8Array): EphemeralHeader {
  if (frame.length < MIN_EPHEMERAL_FRAME_BYTES || frame.length > MAX_EPHEMERAL_FRAME_BYTES) {
    throw new KeysError("malformed", "not the size of an ephemeral frame");
  }
  const reader = new Reader(frame);
  reader.version();
  return {
    conversation: conversationId(reader.fixed(32)),
    sender: accountId(reader.fixed(32)),
    senderDevice: deviceId(reader.fixed(16)),
    nonce: reader.fixed(NONCE_BYTES),
  };
}
