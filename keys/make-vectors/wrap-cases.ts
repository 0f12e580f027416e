import { concat, type Random, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { agreementPublicKey } from "../ids.ts";
import { MAX_JUMP } from "../ratchet.ts";
import { encodeSession, type SessionState } from "../session.ts";
import { MAX_SKIPPED, type ReceivingChain, type SkippedKey } from "../skipped-keys.ts";
import { openWrap, sealWrap, WRAP_BYTES } from "../wrap.ts";
import { flip, put, smallOrderPoint, withBit255 } from "./damage.ts";
import { person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import { bobsEnd, setUp, vectorContentKey, vectorEnvelopeHash } from "./set-up-cases.ts";
import type { Cases } from "./vector.ts";

const KEY_AT = 1 + 8;
const CHAIN_AT = KEY_AT + 32;
const PREVIOUS_AT = CHAIN_AT + 4;
const N_AT = PREVIOUS_AT + 4;
const NONCE_AT = WRAP_BYTES - 72;

/** Other bytes for each wrap of each device. */
function randomFor({ me, ratchet }: SessionState): Random {
  return seededRandom(`wrap ${toHex(me.deviceId)} ${ratchet.sending.chain} ${ratchet.sending.n}`);
}

const nothing = () => null;

function seal(session: SessionState) {
  return sealWrap(session, vectorContentKey, vectorEnvelopeHash, randomFor(session));
}

function open(session: SessionState, wrap: Uint8Array) {
  return openWrap(session, wrap, vectorEnvelopeHash, nothing);
}

/** `count` wraps in a row, and the session after them. */
function sealMany(session: SessionState, count: number): { session: SessionState; wraps: Uint8Array[] } {
  const wraps: Uint8Array[] = [];
  let current = session;
  for (let made = 0; made < count; made += 1) {
    const sealed = seal(current);
    current = sealed.session;
    wraps.push(sealed.wrap);
  }
  return { session: current, wraps };
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function otherKey(): Uint8Array {
  return person("carol").device.identity.publicKey;
}

function check(
  expect: "ok" | KeysErrorCode,
  about: string,
  session: SessionState,
  wrap: Uint8Array | undefined,
  skipped: readonly SkippedKey[] = [],
  envelopeHash: Uint8Array = vectorEnvelopeHash,
) {
  return {
    about,
    operation: "open wrap",
    input: {
      session: toHex(encodeSession(session)),
      wrap: toHex(wrap ?? new Uint8Array()),
      envelopeHash: toHex(envelopeHash),
      skipped: skipped.map(({ chain, n, key }) => ({ chain, n, key: toHex(key) })),
    },
    expect,
  };
}

/**
 * Alice has set up, bob has opened her wrap 0 and answered, alice has opened the answer: her second chain begins.
 */
function conversation() {
  const start = seal(setUp("oneTime"));
  const bobBefore = bobsEnd(setUp("oneTime"), "oneTime");
  const answer = seal(open(bobBefore, start.wrap).session);
  const alice = open(start.session, answer.wrap).session;
  return {
    unconfirmed: start.session,
    bobBefore,
    first: start.wrap,
    answer: answer.wrap,
    bob: answer.session,
    alice,
  };
}

function openCases(): Cases {
  const { unconfirmed, bobBefore, first, answer, bob, alice } = conversation();
  const begun = sealMany(alice, 4);
  const [head, second, third] = begun.wraps;
  if (head === undefined || second === undefined || third === undefined) throw new Error("no wraps");
  const inChain = open(bob, head).session;
  const { session: withSkipped, skipped } = open(bob, third);
  const used = openWrap(withSkipped, head, vectorEnvelopeHash, (chain, n) => {
    return skipped.added.find((row) => row.chain === chain && row.n === n)?.key ?? null;
  });
  const repeated = seal(unconfirmed).wrap;
  const afterFirst = open(bobBefore, first).session;
  const previousKey = bob.ratchet.receiving.chains[0]?.ratchetKey ?? new Uint8Array();
  const far = sealMany(alice, MAX_JUMP + 2).wraps;
  return {
    "open-next": check("ok", "the next of a chain", inChain, second),
    "open-new-chain": check("ok", "the first of a new chain", bob, head),
    "open-later": check("ok", "the third of a new chain: two keys are put aside", bob, third),
    "open-skipped": check("ok", "with a key that was put aside", withSkipped, head, skipped.added),
    "open-answer": check("ok", "the answer, after which no set-up header is sent", unconfirmed, answer),
    "open-repeated-set-up": check("ok", "a wrap that repeats the set-up header", afterFirst, repeated),
    "open-again": check("replayed", "opened before", open(inChain, second).session, second),
    "open-skipped-again": check("replayed", "its key was used", used.session, head, skipped.added.slice(1)),
    "open-jump": check("too_far", "2,001 messages jumped over", bob, far[MAX_JUMP + 1]),
    "open-jump-over-end": check(
      "too_far",
      "2,001 messages missing in the chain before",
      bob,
      put(head, PREVIOUS_AT, u32(MAX_JUMP + 2)),
    ),
    "open-chain-jump": check("too_far", "a chain jumped over", bob, put(head, CHAIN_AT, u32(3))),
    "open-chain-0": check("malformed", "chain 0", bob, put(head, CHAIN_AT, u32(0))),
    "open-other-key": check(
      "decrypt_failed",
      "another ratchet key in a known chain",
      inChain,
      put(second, KEY_AT, otherKey()),
    ),
    "open-same-key": check(
      "decrypt_failed",
      "the same ratchet key in the next chain",
      bob,
      put(head, KEY_AT, previousKey),
    ),
    "open-early-chain": check(
      "decrypt_failed",
      "a next chain before an answer",
      inChain,
      put(second, CHAIN_AT, u32(3)),
    ),
    "open-short-previous": check(
      "decrypt_failed",
      "fewer messages before than were opened",
      bob,
      put(head, PREVIOUS_AT, u32(0)),
    ),
    "open-key-bit-255": check(
      "bad_key",
      "bit 255 of the ratchet key",
      bob,
      put(head, KEY_AT, withBit255(head.slice(KEY_AT, CHAIN_AT))),
    ),
    "open-key-small-order": check(
      "bad_key",
      "a ratchet key of order 8",
      bob,
      put(head, KEY_AT, smallOrderPoint),
    ),
    "open-tag": check("decrypt_failed", "another session's tag", inChain, flip(second, 1)),
    "open-n": check("decrypt_failed", "another number", inChain, put(second, N_AT, u32(2))),
    "open-nonce": check("decrypt_failed", "a bit of the nonce", inChain, flip(second, NONCE_AT)),
    "open-sealed-key": check(
      "decrypt_failed",
      "a bit of the sealed key",
      inChain,
      flip(second, NONCE_AT + 24),
    ),
    "open-mac": check("decrypt_failed", "a bit of the authenticator", inChain, flip(second, -1)),
    "open-envelope": check(
      "decrypt_failed",
      "another envelope",
      inChain,
      second,
      [],
      flip(vectorEnvelopeHash, 31),
    ),
    "open-set-up-changed": check(
      "decrypt_failed",
      "a bit of a repeated set-up header",
      afterFirst,
      flip(repeated, 200),
    ),
    "open-set-up-stripped": check(
      "decrypt_failed",
      "a repeated set-up header taken off",
      afterFirst,
      concat(Uint8Array.of(1), repeated.subarray(-(WRAP_BYTES - 1))),
    ),
    "open-reflected": check("decrypt_failed", "back at its sender", unconfirmed, first),
    "open-truncated": check("malformed", "the last byte is missing", inChain, second.subarray(0, -1)),
    "open-trailing-byte": check("malformed", "a byte follows", inChain, concat(second, Uint8Array.of(0))),
    "open-kind-0": check("malformed", "an unknown kind", inChain, put(second, 0, Uint8Array.of(0))),
  };
}

function sealCases(): Cases {
  const { unconfirmed, bob, alice } = conversation();
  const check = (about: string, session: SessionState) => ({
    about,
    operation: "seal wrap",
    input: {
      session: toHex(encodeSession(session)),
      contentKey: toHex(vectorContentKey),
      envelopeHash: toHex(vectorEnvelopeHash),
      random: toHex(randomFor(session)(56)),
    },
    expect: "ok" as const,
  });
  return {
    "seal-in-chain": check("in a chain that has begun", bob),
    "seal-new-chain": check("the first of a new chain: 32 random bytes for its key, then the nonce", alice),
    "seal-with-set-up": check("with the set-up header", unconfirmed),
  };
}

function sessionCases(): Cases {
  const { unconfirmed, bob, alice } = conversation();
  const check = (expect: "ok" | KeysErrorCode, about: string, session: Uint8Array) => ({
    about,
    operation: "decode session",
    input: { session: toHex(session) },
    expect,
  });
  const bytes = encodeSession(bob);
  const withChains = (chains: readonly ReceivingChain[]) => {
    const receiving = { ...bob.ratchet.receiving, chains };
    return encodeSession({ ...bob, ratchet: { ...bob.ratchet, receiving } });
  };
  const chain = (number: number, skipped = 1) => ({
    chain: number,
    skipped,
    ratchetKey: agreementPublicKey(otherKey()),
  });
  const presenceAt = 1 + 32 + 48 + 48;
  const publicKeyAt = presenceAt + 1 + 32 + 12;
  const halfPair = concat(
    bytes.subarray(0, publicKeyAt + 33),
    Uint8Array.of(0),
    bytes.subarray(publicKeyAt + 66),
  );
  return {
    "session-unconfirmed": check("ok", "with its set-up header", encodeSession(unconfirmed)),
    "session-confirmed": check("ok", "without", bytes),
    "session-between-chains": check("ok", "with no ratchet key of its own", encodeSession(alice)),
    "session-version-2": check("unsupported_version", "version 2", put(bytes, 0, Uint8Array.of(2))),
    "session-truncated": check("malformed", "the last byte is missing", bytes.subarray(0, -1)),
    "session-trailing-byte": check("malformed", "a byte follows", concat(bytes, Uint8Array.of(0))),
    "session-presence-2": check(
      "malformed",
      "neither present nor absent",
      put(bytes, presenceAt, Uint8Array.of(2)),
    ),
    "session-half-pair": check("malformed", "a public ratchet key without its secret", halfPair),
    "session-chain-order": check("malformed", "chains out of order", withChains([chain(2), chain(1)])),
    "session-chain-twice": check("malformed", "a chain twice", withChains([chain(1), chain(1)])),
    "session-six-chains": check(
      "malformed",
      "six chains",
      withChains([1, 2, 3, 4, 5, 6].map((n) => chain(n))),
    ),
    "session-too-many-skipped": check(
      "malformed",
      "2,001 skipped keys",
      withChains([chain(1, MAX_SKIPPED), chain(2)]),
    ),
    "session-no-chain": check("malformed", "a receiving chain key without a chain", withChains([])),
  };
}

export function wrapCases(): Cases {
  return { ...openCases(), ...sealCases(), ...sessionCases() };
}
