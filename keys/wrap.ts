// A wrap: the content key of one envelope, sealed for one device in the session with it, SPEC §6.
import { checkPin } from "./account-chain.ts";
import { asSecret, compare, equal, type Random } from "./bytes.ts";
import { decode, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { accept, type Myself, type Peer, type PrekeySecrets } from "./handshake.ts";
import { agreementPublicKey, type ContentKey, contentKey, type Hash } from "./ids.ts";
import { frame } from "./labelled.ts";
import { labels } from "./labels.ts";
import { cipherKey, type RatchetHeader, receiveStep, sendStep } from "./ratchet.ts";
import { type DeviceAddress, SESSION_TAG_BYTES, type SessionState, sessionTag } from "./session.ts";
import { readSetUpHeader, SET_UP_HEADER_BYTES, type SetUpHeader } from "./set-up-header.ts";
import type { FindSkipped, SkippedChange } from "./skipped-keys.ts";
import { NONCE_BYTES, TAG_BYTES, xchachaOpen, xchachaSeal } from "./sodium.ts";

const RATCHET_HEADER_BYTES = SESSION_TAG_BYTES + 32 + 3 * 4;
const SEALED_KEY_BYTES = 32 + TAG_BYTES;
/** The size of a wrap in a confirmed session. */
export const WRAP_BYTES = 1 + RATCHET_HEADER_BYTES + NONCE_BYTES + SEALED_KEY_BYTES;
/** The size of a wrap that carries the set-up header too. */
export const SET_UP_WRAP_BYTES = WRAP_BYTES + SET_UP_HEADER_BYTES;

const PLAIN = 1;
const WITH_SET_UP = 2;

/** What can be read of a wrap without a secret. Nothing in it is proven before the wrap opens. */
export interface WrapHeader extends RatchetHeader {
  readonly tag: Uint8Array;
  readonly setUp: SetUpHeader | null;
}

interface Parts {
  readonly header: WrapHeader;
  /** Everything before the nonce, as received: authenticated with the sealed key. */
  readonly prefix: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealedKey: Uint8Array;
}

/** Throws `malformed` before any crypto: a wrong size, an unknown kind, a chain 0. */
export function readWrapHeader(wrap: Uint8Array): WrapHeader {
  return split(wrap).header;
}

/**
 * The order in which staged wraps of one peer device are opened: by session, chain and number, whatever
 * conversation they came by. In that order a complete set skips no keys (SPEC §5.7).
 */
export function compareWraps(one: WrapHeader, other: WrapHeader): number {
  return compare(one.tag, other.tag) || one.chain - other.chain || one.n - other.n;
}

/** Seals a content key for the peer of a session. The caller stores the new session before it sends the wrap. */
export function sealWrap(
  session: SessionState,
  key: ContentKey,
  envelopeHash: Hash,
  random: Random,
): { session: SessionState; wrap: Uint8Array } {
  const { state, header, messageKey } = sendStep(session.ratchet, random);
  const writer = new Writer().u8(session.setUp === null ? PLAIN : WITH_SET_UP);
  if (session.setUp !== null) writer.fixed(session.setUp, SET_UP_HEADER_BYTES);
  const prefix = writer
    .raw(sessionTag(session.id))
    .fixed(header.ratchetKey, 32)
    .u32(header.chain)
    .u32(header.previousLength)
    .u32(header.n)
    .finish();
  const nonce = random(NONCE_BYTES);
  const aad = associatedData(session.id, session.me, session.peer, prefix, envelopeHash);
  const sealedKey = xchachaSeal(cipherKey(messageKey), nonce, key, aad);
  const wrap = new Writer().raw(prefix).fixed(nonce, NONCE_BYTES).raw(sealedKey).finish();
  return { session: { ...session, ratchet: state }, wrap };
}

/** What opening a wrap gives: all of it is stored together, or none. */
export interface OpenedWrap {
  readonly session: SessionState;
  readonly contentKey: ContentKey;
  /** What to do to the stored skipped keys of this session. */
  readonly skipped: SkippedChange;
}

/**
 * Opens a wrap that the peer of this session sealed; `find` reads the session's stored skipped keys. It throws
 * and changes nothing: `malformed`; `decrypt_failed` for whatever does not belong together; `replayed`;
 * `too_far`; `bad_key`.
 */
export function openWrap(
  session: SessionState,
  wrap: Uint8Array,
  envelopeHash: Hash,
  find: FindSkipped,
): OpenedWrap {
  return openParts(session, split(wrap), envelopeHash, find);
}

function openParts(session: SessionState, parts: Parts, envelopeHash: Hash, find: FindSkipped): OpenedWrap {
  const { header, prefix, nonce, sealedKey } = parts;
  if (!equal(header.tag, sessionTag(session.id))) throw decryptFailed();
  const { state, messageKey, skipped } = receiveStep(session.ratchet, header, find);
  const aad = associatedData(session.id, session.peer, session.me, prefix, envelopeHash);
  const opened = xchachaOpen(cipherKey(messageKey), nonce, sealedKey, aad);
  if (opened === null) throw decryptFailed();
  // The peer has this session, or it could not have answered in it: no more set-up headers.
  return {
    session: { ...session, setUp: null, ratchet: state },
    contentKey: contentKey(asSecret(opened)),
    skipped,
  };
}

export interface RespondInput {
  readonly wrap: Uint8Array;
  readonly envelopeHash: Hash;
  readonly me: Myself;
  /** The sender of the envelope; its chain must reach the head that the set-up header names. */
  readonly initiator: Peer;
  /** The secrets that the set-up header names, looked up by `readWrapHeader(wrap).setUp`. */
  readonly prekeys: PrekeySecrets;
  /** Whether a session with this id was ever accepted here (remembered as long as the last-resort key). */
  readonly seen: (id: Hash) => boolean;
}

export interface Responded extends OpenedWrap {
  /** The one-time pair to delete in the same transaction; null if the last-resort key was used. */
  readonly usedOneTimeId: number | null;
}

/**
 * Accepts a session by the first of its wraps that comes in, and opens that wrap. In one transaction: store the
 * session first in line, remember its id, delete the one-time pair, queue an answer so that the peer stops
 * repeating the set-up header. Throws what `openWrap` and `accept` do; `replayed` for a seen session;
 * `decrypt_failed` for a wrap without a set-up header; `rollback` and `fork`, with evidence, if the heads in the
 * header, which are proven by then, are not in the chains at hand.
 */
export function respond(input: RespondInput): Responded {
  const parts = split(input.wrap);
  const { setUp, tag } = parts.header;
  if (setUp === null) throw decryptFailed();
  const { me, initiator, prekeys, seen } = input;
  const check = (id: Hash) => {
    if (!equal(tag, sessionTag(id))) throw decryptFailed();
    if (seen(id)) throw new KeysError("replayed", "this session was accepted before");
  };
  const session = accept({ me, initiator, header: setUp, prekeys, check });
  const opened = openParts(session, parts, input.envelopeHash, () => null);
  checkPin({ accountId: initiator.chain.accountId, ...setUp.initiatorHead }, initiator.chain);
  checkPin({ accountId: me.chain.accountId, ...setUp.responderHead }, me.chain);
  return { ...opened, usedOneTimeId: setUp.oneTime ? setUp.kemPrekeyId : null };
}

function split(wrap: Uint8Array): Parts {
  const size = { [PLAIN]: WRAP_BYTES, [WITH_SET_UP]: SET_UP_WRAP_BYTES }[wrap[0] ?? 0];
  if (size !== wrap.length) throw new KeysError("malformed", "not the size of a wrap of its kind");
  return decode(wrap, (reader) => {
    const setUp = reader.u8() === WITH_SET_UP ? readSetUpHeader(reader.fixed(SET_UP_HEADER_BYTES)) : null;
    const tag = reader.fixed(SESSION_TAG_BYTES);
    const ratchetKey = agreementPublicKey(reader.fixed(32));
    const header = {
      setUp,
      tag,
      ratchetKey,
      chain: reader.u32(),
      previousLength: reader.u32(),
      n: reader.u32(),
    };
    if (header.chain === 0) throw new KeysError("malformed", "chains count from 1");
    const prefix = wrap.subarray(0, wrap.length - reader.remaining);
    return { header, prefix, nonce: reader.fixed(NONCE_BYTES), sealedKey: reader.fixed(SEALED_KEY_BYTES) };
  });
}

/** All of it has a fixed size but the prefix, whose first byte tells its own. */
function associatedData(
  id: Hash,
  from: DeviceAddress,
  to: DeviceAddress,
  prefix: Uint8Array,
  envelopeHash: Hash,
): Uint8Array {
  const writer = new Writer().fixed(id, 32);
  for (const at of [from, to]) writer.fixed(at.accountId, 32).fixed(at.deviceId, 16);
  return frame(labels.wrap, writer.raw(prefix).fixed(envelopeHash, 32).finish());
}

function decryptFailed(): KeysError {
  return new KeysError("decrypt_failed", "this wrap does not open");
}
