import { asSecret, equal, type Random, type SecretBytes } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import { hkdf, hmac } from "./hmac.ts";
import type { AgreementPublicKey } from "./ids.ts";
import { frame } from "./labelled.ts";
import { labels } from "./labels.ts";
import {
  type FindSkipped,
  keepSkipped,
  type ReceivingChain,
  type SkippedChange,
  type SkippedKey,
  useSkipped,
} from "./skipped-keys.ts";
import { type AgreementKeyPair, x25519, x25519Keypair } from "./sodium.ts";

/** How many messages of one chain may be jumped over at once (SPEC §5.4). */
export const MAX_JUMP = 2000;
const MAX_U32 = 0xffff_ffff;

const noSalt = new Uint8Array(32);
const rootInfo = frame(labels.ratchetRoot, new Uint8Array(0));
const messageInfo = frame(labels.ratchetMessage, new Uint8Array(0));
const messageConstant = Uint8Array.of(1);
const chainConstant = Uint8Array.of(2);

/** What a sender says about its ratchet in front of each wrap, in the clear (SPEC §5.2). */
export interface RatchetHeader {
  readonly ratchetKey: AgreementPublicKey;
  /** Which of the sender's chains this is, from 1. */
  readonly chain: number;
  /** How many messages the sender's previous chain had. */
  readonly previousLength: number;
  /** The message's number in its chain, from 0. */
  readonly n: number;
}

/** One side of a Double Ratchet, without its skipped keys: those are the caller's, see `SkippedChange`. */
export interface RatchetState {
  readonly root: SecretBytes;
  readonly sending: {
    readonly chain: number;
    readonly previousLength: number;
    readonly n: number;
    /** Null once the peer has answered it: the next seal makes a new pair (SPEC §5.3). */
    readonly keyPair: AgreementKeyPair | null;
    readonly chainKey: SecretBytes | null;
  };
  readonly receiving: {
    /** Oldest first; the last one is current, the others still miss messages. */
    readonly chains: readonly ReceivingChain[];
    readonly n: number;
    readonly chainKey: SecretBytes | null;
  };
}

/** KDF_RK of the Double Ratchet's §7.2, SPEC §5.1. */
export function rootStep(
  root: Uint8Array,
  agreed: Uint8Array,
  info: Uint8Array = rootInfo,
): { root: SecretBytes; chainKey: SecretBytes } {
  const output = hkdf(agreed, root, info, 64);
  return { root: asSecret(output.subarray(0, 32)), chainKey: asSecret(output.subarray(32)) };
}

/** KDF_CK of the Double Ratchet's §7.2, SPEC §5.1. */
export function chainStep(chainKey: Uint8Array): { chainKey: SecretBytes; messageKey: SecretBytes } {
  return { chainKey: hmac(chainKey, chainConstant), messageKey: hmac(chainKey, messageConstant) };
}

/** A message key made into what the cipher takes, SPEC §5.1. */
export function cipherKey(messageKey: Uint8Array, info: Uint8Array = messageInfo, length = 32): SecretBytes {
  return hkdf(messageKey, noSalt, info, length);
}

const nothingReceived = { chains: [], n: 0, chainKey: null };

/** The initiator can send at once: its first chain starts from the peer's signed prekey (SPEC §5.3). */
export function startAsInitiator(
  shared: SecretBytes,
  signedPrekey: AgreementPublicKey,
  random: Random,
): RatchetState {
  const keyPair = x25519Keypair(random(32));
  const { root, chainKey } = rootStep(shared, x25519(keyPair.secretKey, signedPrekey));
  const sending = { chain: 1, previousLength: 0, n: 0, keyPair, chainKey };
  return { root, sending, receiving: nothingReceived };
}

/** The responder's signed prekey is its first ratchet key; it can send once it has opened something. */
export function startAsResponder(shared: SecretBytes, signedPrekey: AgreementKeyPair): RatchetState {
  const sending = { chain: 0, previousLength: 0, n: 0, keyPair: signedPrekey, chainKey: null };
  return { root: shared, sending, receiving: nothingReceived };
}

export interface SendStep {
  readonly state: RatchetState;
  readonly header: RatchetHeader;
  readonly messageKey: SecretBytes;
}

/** The next message key to seal with. `random` is asked only where a new chain begins. */
export function sendStep(state: RatchetState, random: Random): SendStep {
  const ready = state.sending.chainKey === null ? beginChain(state, random) : state;
  const { chain, previousLength, n, keyPair, chainKey } = ready.sending;
  if (keyPair === null || chainKey === null || n >= MAX_U32) throw tooFar("this chain is at its end");
  const next = chainStep(chainKey);
  return {
    state: { ...ready, sending: { chain, previousLength, n: n + 1, keyPair, chainKey: next.chainKey } },
    header: { ratchetKey: keyPair.publicKey, chain, previousLength, n },
    messageKey: next.messageKey,
  };
}

/** The sending half of a DH step, put off until there is something to send (SPEC §5.3). */
function beginChain(state: RatchetState, random: Random): RatchetState {
  const current = state.receiving.chains.at(-1);
  const { chain, n } = state.sending;
  if (current === undefined || chain >= MAX_U32) throw tooFar("no chain can begin here");
  const keyPair = x25519Keypair(random(32));
  const { root, chainKey } = rootStep(state.root, x25519(keyPair.secretKey, current.ratchetKey));
  return { ...state, root, sending: { chain: chain + 1, previousLength: n, n: 0, keyPair, chainKey } };
}

export interface ReceiveStep {
  readonly state: RatchetState;
  readonly messageKey: SecretBytes;
  readonly skipped: SkippedChange;
}

/**
 * The message key for a header and the state after it, to be kept only if that key opens the message.
 * Throws `too_far` for a jump beyond the limits, `replayed` for a key that was used or given up,
 * `decrypt_failed` for a header that contradicts what was opened before, `bad_key` for a bad ratchet key.
 * Whatever the header says, it costs at most 2 × MAX_JUMP + 1 chain steps and one DH.
 */
export function receiveStep(state: RatchetState, header: RatchetHeader, find: FindSkipped): ReceiveStep {
  const { chains, n } = state.receiving;
  const current = chains.at(-1);
  const known = current?.chain ?? 0;
  if (header.chain > known + 1) throw tooFar("a whole chain was jumped over");
  if (header.chain === known + 1) return receiveInNewChain(state, header);
  const chain = chains.find((each) => each.chain === header.chain);
  if (chain === undefined) throw replayed();
  if (!equal(chain.ratchetKey, header.ratchetKey)) throw decryptFailed();
  if (chain === current && header.n >= n) return receiveInChain(state, header.n, []);
  const key = chain.skipped === 0 ? null : find(header.chain, header.n);
  if (key === null) throw replayed();
  const kept = useSkipped(chains, header.chain, header.n);
  return {
    state: { ...state, receiving: { ...state.receiving, chains: kept.chains } },
    messageKey: asSecret(key),
    skipped: kept.change,
  };
}

/** The receiving half of a DH step (Double Ratchet §3.4). */
function receiveInNewChain(state: RatchetState, header: RatchetHeader): ReceiveStep {
  const { chains, n, chainKey } = state.receiving;
  const { keyPair } = state.sending;
  // The peer begins a chain only as its answer to a ratchet key of ours that it had not answered yet.
  if (keyPair === null || header.previousLength < n) throw decryptFailed();
  const { ratchetKey, chain } = header;
  const begun = rootStep(state.root, x25519(keyPair.secretKey, ratchetKey));
  const added: SkippedKey[] = [];
  const previous = chains.at(-1);
  if (previous === undefined || chainKey === null) {
    if (header.previousLength !== 0) throw decryptFailed();
  } else {
    if (equal(previous.ratchetKey, ratchetKey)) throw decryptFailed();
    skip(chainKey, previous.chain, n, header.previousLength, added);
  }
  const next: RatchetState = {
    root: begun.root,
    sending: { ...state.sending, keyPair: null, chainKey: null },
    receiving: { chains: [...chains, { ratchetKey, chain, skipped: 0 }], n: 0, chainKey: begun.chainKey },
  };
  return receiveInChain(next, header.n, added);
}

/** Goes on in the current chain to message `to`; `added` has what was skipped in the chain before. */
function receiveInChain(state: RatchetState, to: number, added: SkippedKey[]): ReceiveStep {
  const { chains, n, chainKey } = state.receiving;
  const current = chains.at(-1);
  if (current === undefined || chainKey === null) throw decryptFailed();
  const next = chainStep(skip(chainKey, current.chain, n, to, added));
  const kept = keepSkipped(chains, added);
  return {
    state: { ...state, receiving: { chains: kept.chains, n: to + 1, chainKey: next.chainKey } },
    messageKey: next.messageKey,
    skipped: kept.change,
  };
}

/** Puts the keys of messages from..to-1 into `added` and returns the chain key at `to`. */
function skip(from: SecretBytes, chain: number, start: number, to: number, added: SkippedKey[]): SecretBytes {
  if (to - start > MAX_JUMP || to >= MAX_U32) throw tooFar("too many messages were jumped over");
  let chainKey = from;
  for (let n = start; n < to; n += 1) {
    const step = chainStep(chainKey);
    added.push({ chain, n, key: step.messageKey });
    chainKey = step.chainKey;
  }
  return chainKey;
}

function tooFar(message: string): KeysError {
  return new KeysError("too_far", message);
}

function replayed(): KeysError {
  return new KeysError("replayed", "this message key was used or given up");
}

/** For headers that contradict what was opened before: no honest peer makes them. */
function decryptFailed(): KeysError {
  return new KeysError("decrypt_failed", "this wrap does not open");
}
