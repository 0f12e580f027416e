// What the recipients read inside an envelope, SPEC §7.3.
import type { ChainPin } from "./account-chain.ts";
import { asSecret, compare } from "./bytes.ts";
import { decode, Writer } from "./encoding.ts";
import { MAX_ENVELOPE_BYTES } from "./envelope-header.ts";
import { KeysError } from "./errors.ts";
import { accountId, type EphemeralKey, ephemeralKey, type Hash, hash } from "./ids.ts";
import type { LogHead } from "./log.ts";

export interface Inner {
  /** 1 = sotto.chat.v1.Content. An unknown type is kept, not refused. */
  readonly contentType: number;
  /** Counts the messages of this device in this conversation. */
  readonly senderSequence: number;
  /** The content hash of this device's message before; zeros for its first. */
  readonly previousContent: Hash;
  /** How far the sender had seen the conversation. */
  readonly logSeen: LogHead;
  /** The chains the sender went by, his own among them: each account once, in the order of the ids. */
  readonly chainHeads: readonly ChainPin[];
  readonly ephemeralKey: EphemeralKey;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly sentAt: number;
  readonly body: Uint8Array;
}

function checkOrder(heads: readonly ChainPin[]): void {
  for (const [index, head] of heads.entries()) {
    const before = heads[index - 1];
    if (before !== undefined && compare(before.accountId, head.accountId) >= 0) {
      throw new KeysError("malformed", "chain heads out of order");
    }
  }
}

/** Throws `malformed` when a field does not fit. */
export function encodeInner(inner: Inner): Uint8Array {
  checkOrder(inner.chainHeads);
  const writer = new Writer()
    .u8(1)
    .u16(inner.contentType)
    .u64(inner.senderSequence)
    .fixed(inner.previousContent, 32)
    .u64(inner.logSeen.sequence)
    .fixed(inner.logSeen.hash, 32)
    .u8(inner.chainHeads.length);
  for (const head of inner.chainHeads) {
    writer.fixed(head.accountId, 32).u64(head.sequence).fixed(head.hash, 32);
  }
  return writer
    .fixed(inner.ephemeralKey, 32)
    .u64(inner.sentAt)
    .bytes(inner.body, MAX_ENVELOPE_BYTES)
    .finish();
}

/** Throws `malformed`, `unsupported_version`. */
export function decodeInner(bytes: Uint8Array): Inner {
  return decode(bytes, (reader) => {
    reader.version();
    const contentType = reader.u16();
    const senderSequence = reader.u64();
    const previousContent = hash(reader.fixed(32));
    const logSeen = { sequence: reader.u64(), hash: hash(reader.fixed(32)) };
    const chainHeads = Array.from({ length: reader.u8() }, () => ({
      accountId: accountId(reader.fixed(32)),
      sequence: reader.u64(),
      hash: hash(reader.fixed(32)),
    }));
    checkOrder(chainHeads);
    return {
      contentType,
      senderSequence,
      previousContent,
      logSeen,
      chainHeads,
      ephemeralKey: ephemeralKey(asSecret(reader.fixed(32))),
      sentAt: reader.u64(),
      body: reader.bytes(MAX_ENVELOPE_BYTES),
    };
  });
}
