import { asSecret, equal, type SecretBytes } from "./bytes.ts";
import { decode, type Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  accountId,
  agreementPublicKey,
  type DeviceId,
  deviceId,
  type Hash,
  hash,
} from "./ids.ts";
import type { RatchetState } from "./ratchet.ts";
import { SET_UP_HEADER_BYTES } from "./set-up-header.ts";
import { MAX_CHAINS, MAX_SKIPPED, type ReceivingChain } from "./skipped-keys.ts";

/** How many sessions with one peer device are kept beside the one to send with (SPEC §5.5). */
export const MAX_ARCHIVED = 8;
export const SESSION_TAG_BYTES = 8;

/** One device of one account. */
export interface DeviceAddress {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

/**
 * A session between two devices, for all their conversations: an immutable value. Each wrap that is sealed or
 * opened gives the next one; whoever stores it stores it in one transaction with what it was used for.
 * Its skipped keys are not in it: see `SkippedChange`.
 */
export interface SessionState {
  /** The hash of the set-up (T of SPEC §4.2): the same at both ends, never the same twice. */
  readonly id: Hash;
  readonly me: DeviceAddress;
  readonly peer: DeviceAddress;
  /** What the initiator repeats in front of each wrap until the peer's first wrap opens; null otherwise. */
  readonly setUp: Uint8Array | null;
  readonly ratchet: RatchetState;
}

/** The first 8 bytes of the session's id: how a wrap names its session (SPEC §5.2). */
export function sessionTag(id: Hash): Uint8Array {
  return id.subarray(0, SESSION_TAG_BYTES);
}

/** Whether the peer has shown that it has this session too. */
export function isConfirmed(session: SessionState): boolean {
  return session.setUp === null;
}

/** The session to send with: the first. Null: one has to be set up. */
export function chooseSession<S>(sessions: readonly S[]): S | null {
  return sessions[0] ?? null;
}

/** The session that a wrap names, by the tag of its header. Null: it is new, or given up. */
export function findSession<S extends { readonly id: Hash }>(
  sessions: readonly S[],
  tag: Uint8Array,
): S | null {
  return sessions.find((session) => equal(sessionTag(session.id), tag)) ?? null;
}

/**
 * The sessions with one peer device after `session` was set up or opened something: it comes first, the others
 * keep their order, and those beyond MAX_ARCHIVED are given up (delete them with their skipped keys).
 * Sealing with a session only replaces it in its place. Any list will do that has the ids, such as rows.
 */
export function putFirst<S extends { readonly id: Hash }>(
  sessions: readonly S[],
  session: S,
): { sessions: readonly S[]; givenUp: readonly S[] } {
  const all = [session, ...sessions.filter((each) => !equal(each.id, session.id))];
  return { sessions: all.slice(0, MAX_ARCHIVED + 1), givenUp: all.slice(MAX_ARCHIVED + 1) };
}

/** SPEC §5.6: for the profile's own store, never sent. About 350 bytes, 1,500 before it is confirmed. */
export function encodeSession(session: SessionState): Uint8Array {
  const { root, sending, receiving } = session.ratchet;
  const writer = new Writer().u8(1).fixed(session.id, 32);
  for (const at of [session.me, session.peer]) writer.fixed(at.accountId, 32).fixed(at.deviceId, 16);
  optional(writer, session.setUp, SET_UP_HEADER_BYTES);
  writer.fixed(root, 32).u32(sending.chain).u32(sending.previousLength).u32(sending.n);
  optional(writer, sending.keyPair?.publicKey ?? null, 32);
  optional(writer, sending.keyPair?.secretKey ?? null, 32);
  optional(writer, sending.chainKey, 32);
  writer.u32(receiving.n);
  optional(writer, receiving.chainKey, 32);
  writer.u8(receiving.chains.length);
  for (const chain of receiving.chains)
    writer.u32(chain.chain).fixed(chain.ratchetKey, 32).u32(chain.skipped);
  return writer.finish();
}

/** Throws `malformed` or `unsupported_version`. */
export function decodeSession(bytes: Uint8Array): SessionState {
  return decode(bytes, (reader) => {
    reader.version();
    const id = hash(reader.fixed(32));
    const me = readAddress(reader);
    const peer = readAddress(reader);
    const setUp = readOptional(reader, SET_UP_HEADER_BYTES);
    const root = asSecret(reader.fixed(32));
    return {
      id,
      me,
      peer,
      setUp,
      ratchet: { root, sending: readSending(reader), receiving: readReceiving(reader) },
    };
  });
}

function readAddress(reader: Reader): DeviceAddress {
  return { accountId: accountId(reader.fixed(32)), deviceId: deviceId(reader.fixed(16)) };
}

function readSending(reader: Reader): RatchetState["sending"] {
  const [chain, previousLength, n] = [reader.u32(), reader.u32(), reader.u32()];
  const publicKey = readOptional(reader, 32);
  const secretKey = readOptional(reader, 32);
  const chainKey = readOptional(reader, 32);
  if ((publicKey === null) !== (secretKey === null)) throw malformed("half a ratchet key pair");
  const keyPair =
    publicKey === null || secretKey === null
      ? null
      : { publicKey: agreementPublicKey(publicKey), secretKey: asSecret(secretKey) };
  return { chain, previousLength, n, keyPair, chainKey: secretOrNull(chainKey) };
}

function readReceiving(reader: Reader): RatchetState["receiving"] {
  const n = reader.u32();
  const chainKey = secretOrNull(readOptional(reader, 32));
  const count = reader.u8();
  if (count > MAX_CHAINS) throw malformed("too many chains");
  if ((count === 0) !== (chainKey === null)) throw malformed("a chain key without a chain");
  const chains = Array.from({ length: count }, () => readChain(reader));
  if (chains.some((chain, at) => chain.chain <= (chains[at - 1]?.chain ?? 0)))
    throw malformed("chains out of order");
  if (chains.reduce((sum, chain) => sum + chain.skipped, 0) > MAX_SKIPPED)
    throw malformed("too many skipped keys");
  return { chains, n, chainKey };
}

function readChain(reader: Reader): ReceivingChain {
  const chain = reader.u32();
  return { chain, ratchetKey: agreementPublicKey(reader.fixed(32)), skipped: reader.u32() };
}

function optional(writer: Writer, bytes: Uint8Array | null, length: number): void {
  if (bytes === null) writer.u8(0);
  else writer.u8(1).fixed(bytes, length);
}

function readOptional(reader: Reader, length: number): Uint8Array | null {
  const present = reader.u8();
  if (present > 1) throw malformed("neither present nor absent");
  return present === 1 ? reader.fixed(length) : null;
}

function secretOrNull(bytes: Uint8Array | null): SecretBytes | null {
  return bytes === null ? null : asSecret(bytes);
}

function malformed(message: string): KeysError {
  return new KeysError("malformed", message);
}
