// The operations of SPEC §4-§6, for vectors. Sessions go in and out in their stored form.
import { verifyChain } from "../account-chain.ts";
import { asSecret, equal, type Random, toHex } from "../bytes.ts";
import { initiate, type Myself, type Peer } from "../handshake.ts";
import { contentKey, deviceId, type Hash, hash } from "../ids.ts";
import type { LastResortPrekeySecret, OneTimePrekeySecret, SignedPrekeySecret } from "../make-prekeys.ts";
import { decodeSession, encodeSession, type SessionState } from "../session.ts";
import type { FindSkipped } from "../skipped-keys.ts";
import { x25519Keypair } from "../sodium.ts";
import { openWrap, respond, sealWrap } from "../wrap.ts";
import type { Input } from "./input.ts";

export const sessionOperations: Readonly<Record<string, (input: Input) => unknown>> = {
  initiate: (input) => {
    const bundle = { signedPrekey: input.bytes("signedPrekey"), kemPrekey: input.bytes("kemPrekey") };
    const now = input.number("now");
    const session = initiate({
      me: myself(input.object("me")),
      peer: peer(input.object("peer")),
      bundle,
      now,
      random: given(input),
    });
    return { session: stored(session) };
  },
  respond: (input) => {
    const { session, ...outcome } = respond({
      wrap: input.bytes("wrap"),
      envelopeHash: hash(input.bytes("envelopeHash")),
      me: myself(input.object("me")),
      initiator: peer(input.object("initiator")),
      prekeys: { signed: signedPrekey(input.optional("signed")), kem: kemPrekey(input.optional("kem")) },
      seen: (id: Hash) => input.bytesList("seen").some((one) => equal(one, id)),
    });
    return { session: stored(session), ...outcome };
  },
  "seal wrap": (input) => {
    const session = decodeSession(input.bytes("session"));
    const key = contentKey(input.bytes("contentKey"));
    const sealed = sealWrap(session, key, hash(input.bytes("envelopeHash")), given(input));
    return { session: stored(sealed.session), wrap: toHex(sealed.wrap) };
  },
  "open wrap": (input) => {
    const envelopeHash = hash(input.bytes("envelopeHash"));
    const session = decodeSession(input.bytes("session"));
    const opened = openWrap(session, input.bytes("wrap"), envelopeHash, skippedKeys(input));
    return { ...opened, session: stored(opened.session) };
  },
  "decode session": (input) => ({ session: stored(decodeSession(input.bytes("session"))) }),
};

function stored(session: SessionState): string {
  return toHex(encodeSession(session));
}

function peer(input: Input): Peer {
  return { chain: verifyChain(input.bytesList("entries")), deviceId: deviceId(input.bytes("deviceId")) };
}

function myself(input: Input): Myself {
  return { ...peer(input), identity: x25519Keypair(asSecret(input.bytes("identitySecret"))) };
}

function signedPrekey(input: Input | null): SignedPrekeySecret | null {
  if (input === null) return null;
  return {
    kind: "signed",
    id: input.number("id"),
    agreementSecret: asSecret(input.bytes("agreementSecret")),
  };
}

function kemPrekey(input: Input | null): LastResortPrekeySecret | OneTimePrekeySecret | null {
  if (input === null) return null;
  const kem = { id: input.number("id"), kemSeed: asSecret(input.bytes("kemSeed")) };
  if (input.text("kind") === "last_resort") return { kind: "last_resort", ...kem };
  return { kind: "one_time", ...kem, agreementSecret: asSecret(input.bytes("agreementSecret")) };
}

function skippedKeys(input: Input): FindSkipped {
  const kept = input.objects("skipped");
  return (chain, n) => {
    const row = kept.find((each) => each.number("chain") === chain && each.number("n") === n);
    return row?.bytes("key") ?? null;
  };
}

/** Hands out `random` of the input in order; asking for more is a broken vector. */
function given(input: Input): Random {
  let left = input.bytes("random");
  return (length) => {
    if (length > left.length) throw new TypeError("the vector has too few random bytes");
    const taken = left.slice(0, length);
    left = left.slice(length);
    return taken;
  };
}
