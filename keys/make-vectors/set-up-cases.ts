import { type ChainState, verifyChain } from "../account-chain.ts";
import { type DeviceKeys, signAdd, signRevoke } from "../account-signing.ts";
import { concat, toHex } from "../bytes.ts";
import type { KeysErrorCode } from "../errors.ts";
import { accept, initiate, type Peer } from "../handshake.ts";
import { contentKey, type Hash, hash } from "../ids.ts";
import { createLastResortPrekey, createOneTimePrekey, createSignedPrekey } from "../make-prekeys.ts";
import type { SessionState } from "../session.ts";
import { readSetUpHeader, SET_UP_HEADER_BYTES } from "../set-up-header.ts";
import { sealWrap } from "../wrap.ts";
import { flip, put, smallOrderPoint, withBit255 } from "./damage.ts";
import { byDevice, deviceOf, monday, type Person, person } from "./people.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases, Json } from "./vector.ts";

const TAG_AT = 1 + SET_UP_HEADER_BYTES;
const CIPHERTEXT_AT = 1 + 121;
const ONE_TIME_AT = 1 + 116;

/** A device with its chain as bytes, for the input of a vector. */
interface Member {
  readonly entries: readonly Uint8Array[];
  readonly chain: ChainState;
  readonly device: DeviceKeys;
}

function member({ genesis, chain, device }: Person): Member {
  return { entries: [genesis], chain, device };
}

/** The same account with one entry more, made by its first device. */
function grown(who: Member, entry: Uint8Array, device = who.device): Member {
  return { entries: [...who.entries, entry], chain: verifyChain([entry], who.chain), device };
}

function withDevice(who: Member, device: DeviceKeys): Member {
  const by = byDevice(who.device);
  return grown(who, signAdd(who.chain, { by, device, createdAt: monday }));
}

function peerJson({ entries, device }: Member) {
  return { entries: entries.map(toHex), deviceId: toHex(device.deviceId) };
}

function meJson(who: Member) {
  return { ...peerJson(who), identitySecret: toHex(who.device.identity.secretKey) };
}

function asPeer({ chain, device }: Member): Peer {
  return { chain, deviceId: device.deviceId };
}

function asMe(who: Member) {
  return { ...asPeer(who), identity: who.device.identity };
}

const alice = () => member(person("alice"));
const bob = () => member(person("bob"));
export const vectorContentKey = contentKey(seededRandom("content key")(32));
export const vectorEnvelopeHash = hash(seededRandom("envelope hash")(32));

function bobsPrekeys() {
  const { accountId, device } = person("bob");
  const input = (id: number, seed: string) => ({
    accountId,
    device,
    id,
    createdAt: monday,
    random: seededRandom(seed),
  });
  return {
    signed: createSignedPrekey(input(1, "bob's signed prekey")),
    lastResort: createLastResortPrekey(input(2, "bob's last-resort prekey")),
    oneTime: createOneTimePrekey(input(3, "bob's one-time pair")),
  };
}

type Kem = "oneTime" | "lastResort";

/** A session that alice has set up with bob, before its first wrap. */
export function setUp(kem: Kem, from: Member = alice()): SessionState {
  const prekeys = bobsPrekeys();
  return initiate({
    me: asMe(from),
    peer: asPeer(bob()),
    bundle: { signedPrekey: prekeys.signed.published, kemPrekey: prekeys[kem].published },
    now: monday,
    random: seededRandom(`set-up ${kem}`),
  });
}

/** The wrap number `n` of a session. */
function earlyWrap(session: SessionState, n = 0): Uint8Array {
  const { wrap, session: next } = sealWrap(
    session,
    vectorContentKey,
    vectorEnvelopeHash,
    seededRandom(`early wrap ${n}`),
  );
  return n === 0 ? wrap : earlyWrap(next, n - 1);
}

/** Bob's end of that session, before he has opened anything in it. */
export function bobsEnd(session: SessionState, kem: Kem): SessionState {
  const prekeys = bobsPrekeys();
  const header = readSetUpHeader(session.setUp ?? new Uint8Array());
  return accept({
    me: asMe(bob()),
    initiator: asPeer(alice()),
    header,
    prekeys: { signed: prekeys.signed.secret, kem: prekeys[kem].secret },
    check: () => {},
  });
}

/** Another set-up header under the tag that goes with it, as a relay could make it. */
function retagged(wrap: Uint8Array, at: number, what: Uint8Array, kem: Kem): Uint8Array {
  const changed = put(wrap, at, what);
  const { signed, [kem]: pair } = bobsPrekeys();
  let tag = new Uint8Array(8);
  const check = (id: Hash) => {
    tag = id.slice(0, 8);
  };
  const header = readSetUpHeader(changed.slice(1, TAG_AT));
  const prekeys = { signed: signed.secret, kem: pair.secret };
  accept({ me: asMe(bob()), initiator: asPeer(alice()), header, prekeys, check });
  return put(changed, TAG_AT, tag);
}

function initiateCases(): Cases {
  const prekeys = bobsPrekeys();
  const check = (
    expect: "ok" | KeysErrorCode,
    about: string,
    kem: Kem,
    changed: { readonly me?: Member; readonly peer?: Member } = {},
  ) => ({
    about,
    operation: "initiate",
    input: {
      me: meJson(changed.me ?? alice()),
      peer: peerJson(changed.peer ?? bob()),
      signedPrekey: toHex(prekeys.signed.published),
      kemPrekey: toHex(prekeys[kem].published),
      now: monday,
      random: toHex(seededRandom(`set-up ${kem}`)(96)),
    },
    expect,
  });
  const stranger = deviceOf("stranger");
  return {
    "initiate-one-time": check("ok", "with a one-time pair", "oneTime"),
    "initiate-last-resort": check("ok", "with the last-resort key", "lastResort"),
    "initiate-to-itself": check("not_permitted", "a device and itself", "oneTime", { me: bob() }),
    "initiate-from-no-device": check("not_permitted", "the initiator is not in its chain", "oneTime", {
      me: { ...alice(), device: stranger },
    }),
    "initiate-to-no-device": check("not_permitted", "the peer is not in its chain", "oneTime", {
      peer: { ...bob(), device: stranger },
    }),
    "initiate-other-identity": check("not_permitted", "not the identity key of the chain", "oneTime", {
      me: { ...alice(), device: { ...alice().device, identity: stranger.identity } },
    }),
  };
}

function respondCases(): Cases {
  const prekeys = bobsPrekeys();
  const signed = {
    id: prekeys.signed.secret.id,
    agreementSecret: toHex(prekeys.signed.secret.agreementSecret),
  };
  const kems: Record<Kem, Json> = {
    oneTime: {
      kind: "one_time",
      id: prekeys.oneTime.secret.id,
      agreementSecret: toHex(prekeys.oneTime.secret.agreementSecret),
      kemSeed: toHex(prekeys.oneTime.secret.kemSeed),
    },
    lastResort: {
      kind: "last_resort",
      id: prekeys.lastResort.secret.id,
      kemSeed: toHex(prekeys.lastResort.secret.kemSeed),
    },
  };
  const check = (
    expect: "ok" | KeysErrorCode,
    about: string,
    wrap: Uint8Array,
    kem: Kem = "oneTime",
    changed: { readonly [field: string]: Json } = {},
  ) => ({
    about,
    operation: "respond",
    input: {
      wrap: toHex(wrap),
      envelopeHash: toHex(vectorEnvelopeHash),
      me: meJson(bob()),
      initiator: peerJson(alice()),
      signed,
      kem: kems[kem],
      seen: [],
      ...changed,
    },
    expect,
  });

  const session = setUp("oneTime");
  const wrap = earlyWrap(session);
  const lastResort = setUp("lastResort");
  const carol = member(person("carol"));
  const phone = deviceOf("alice's phone");
  const hers = withDevice(alice(), phone);
  const another = withDevice(alice(), deviceOf("a thief's"));
  const by = byDevice(alice().device);
  const revoked = grown(
    hers,
    signRevoke(hers.chain, { by, deviceId: phone.deviceId, createdAt: monday }),
    phone,
  );
  const fromPhone = setUp("oneTime", { ...hers, device: phone });
  const changedHeader = (at: number) => retagged(wrap, at, flip(wrap, at).slice(at, at + 1), "oneTime");
  const ephemeral = wrap.slice(1, 33);

  return {
    "respond-one-time": check("ok", "to the first wrap, with a one-time pair", wrap),
    "respond-last-resort": check("ok", "with the last-resort key", earlyWrap(lastResort), "lastResort"),
    "respond-late": check("ok", "to the third wrap, before the others came", earlyWrap(session, 2)),
    "respond-grown-chain": check("ok", "the initiator's chain has gone on", wrap, "oneTime", {
      initiator: peerJson(hers),
    }),
    "respond-seen": check(
      "replayed",
      "this session was accepted before",
      earlyWrap(lastResort),
      "lastResort",
      {
        seen: [toHex(lastResort.id)],
      },
    ),
    "respond-signed-prekey-gone": check("prekey_unknown", "the signed prekey is gone", wrap, "oneTime", {
      signed: null,
    }),
    "respond-one-time-gone": check("prekey_unknown", "the one-time pair was used", wrap, "oneTime", {
      kem: null,
    }),
    "respond-kind-of-prekey": check("prekey_unknown", "a last-resort key for a pair", wrap, "oneTime", {
      kem: { kind: "last_resort", id: 3, kemSeed: toHex(prekeys.oneTime.secret.kemSeed) },
    }),
    "respond-other-recipient": check("decrypt_failed", "somebody else's set-up", wrap, "oneTime", {
      me: meJson(carol),
    }),
    "respond-other-initiator": check("decrypt_failed", "not from this initiator", wrap, "oneTime", {
      initiator: peerJson(carol),
    }),
    "respond-revoked": check("not_permitted", "the initiator was revoked", earlyWrap(fromPhone), "oneTime", {
      initiator: peerJson(revoked),
    }),
    "respond-rollback": check(
      "rollback",
      "an older chain than the header names",
      earlyWrap(setUp("oneTime", hers)),
    ),
    "respond-fork": check(
      "fork",
      "another chain than the header names",
      earlyWrap(setUp("oneTime", hers)),
      "oneTime",
      {
        initiator: peerJson(another),
      },
    ),
    "respond-ephemeral-bit-255": check(
      "bad_key",
      "bit 255 of the ephemeral key",
      put(wrap, 1, withBit255(ephemeral)),
    ),
    "respond-ephemeral-small-order": check(
      "bad_key",
      "an ephemeral key of order 8",
      put(wrap, 1, smallOrderPoint),
    ),
    "respond-ephemeral-changed": check(
      "decrypt_failed",
      "another ephemeral key, and its tag",
      retagged(wrap, 1, carol.device.identity.publicKey, "oneTime"),
    ),
    "respond-initiator-head-changed": check(
      "decrypt_failed",
      "another initiator's head, and its tag",
      changedHeader(1 + 32 + 8),
    ),
    "respond-responder-head-changed": check(
      "decrypt_failed",
      "another responder's head, and its tag",
      changedHeader(1 + 72 + 8),
    ),
    "respond-kem-ciphertext-changed": check(
      "decrypt_failed",
      "another KEM ciphertext, and its tag",
      changedHeader(CIPHERTEXT_AT),
    ),
    "respond-tag": check("decrypt_failed", "a bit of the tag", flip(wrap, TAG_AT)),
    "respond-one-time-2": check("malformed", "one time is 2", put(wrap, ONE_TIME_AT, Uint8Array.of(2))),
    "respond-truncated": check("malformed", "the last byte is missing", wrap.subarray(0, -1)),
    "respond-trailing-byte": check("malformed", "a byte follows", concat(wrap, Uint8Array.of(0))),
    "respond-kind-3": check("malformed", "an unknown kind", put(wrap, 0, Uint8Array.of(3))),
    "respond-without-set-up": check(
      "decrypt_failed",
      "no set-up header in an unknown session",
      concat(Uint8Array.of(1), wrap.subarray(TAG_AT)),
    ),
    "respond-envelope": check("decrypt_failed", "another envelope", wrap, "oneTime", {
      envelopeHash: toHex(flip(vectorEnvelopeHash, 0)),
    }),
  };
}

export function setUpCases(): Cases {
  return { ...initiateCases(), ...respondCases() };
}
