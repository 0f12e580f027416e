// What the relay can read of an envelope, SPEC §7.1.
import { Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  type Hash,
  hash,
  type MessageId,
  messageId,
} from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import { NONCE_BYTES, TAG_BYTES } from "./sodium.ts";

export const MAX_ENVELOPE_BYTES = 128 * 1024;
export const ENVELOPE_HEADER_BYTES = 173;
export const COMMITMENT_BYTES = 32;
const MIN_ENVELOPE_BYTES = ENVELOPE_HEADER_BYTES + COMMITMENT_BYTES + 256 + TAG_BYTES;

export interface EnvelopeHeader {
  readonly conversation: ConversationId;
  readonly messageId: MessageId;
  /** Counts re-seals of one message after a definite refusal. */
  readonly attempt: number;
  readonly sender: AccountId;
  readonly senderDevice: DeviceId;
  readonly rosterVersion: number;
  readonly rosterHash: Hash;
  /** Seconds since 1970, a multiple of 60; 0 = never. */
  readonly expiresAt: number;
  readonly nonce: Uint8Array;
}

function checkExpiry(expiresAt: number): void {
  if (expiresAt % 60 !== 0) throw new KeysError("malformed", "an expiry is a whole minute");
}

export function encodeEnvelopeHeader(header: EnvelopeHeader): Uint8Array {
  checkExpiry(header.expiresAt);
  return new Writer()
    .u8(1)
    .fixed(header.conversation, 32)
    .fixed(header.messageId, 16)
    .u32(header.attempt)
    .fixed(header.sender, 32)
    .fixed(header.senderDevice, 16)
    .u64(header.rosterVersion)
    .fixed(header.rosterHash, 32)
    .u64(header.expiresAt)
    .fixed(header.nonce, NONCE_BYTES)
    .finish();
}

/** Reads the front of a whole envelope and checks its size. Throws `malformed`, `unsupported_version`. */
export function readEnvelopeHeader(envelope: Uint8Array): EnvelopeHeader {
  if (envelope.length < MIN_ENVELOPE_BYTES || envelope.length > MAX_ENVELOPE_BYTES) {
    throw new KeysError("malformed", "not the size of an envelope");
  }
  const reader = new Reader(envelope);
  reader.version();
  const header = {
    conversation: conversationId(reader.fixed(32)),
    messageId: messageId(reader.fixed(16)),
    attempt: reader.u32(),
    sender: accountId(reader.fixed(32)),
    senderDevice: deviceId(reader.fixed(16)),
    rosterVersion: reader.u64(),
    rosterHash: hash(reader.fixed(32)),
    expiresAt: reader.u64(),
    nonce: reader.fixed(NONCE_BYTES),
  };
  checkExpiry(header.expiresAt);
  return header;
}

/** Names the whole envelope: wraps authenticate it, log rows carry it. */
export function envelopeHash(envelope: Uint8Array): Hash {
  return hashLabelled(labels.envelopeHash, envelope);
}
