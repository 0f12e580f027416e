// SPEC §3 and §4: prekeys and session set-up.
import { x25519 } from "@noble/curves/ed25519.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { Chain } from "./chain.ts";
import {
  checkKem,
  checkX25519,
  derive,
  dh,
  H,
  join,
  must,
  Reader,
  same,
  signed,
  zeros,
} from "./primitives.ts";
import { type Opened, openWrap, readWrap } from "./ratchet.ts";

/** §3.1, §3.3 */
export function verifyPrekey(
  published: Uint8Array,
  account: Uint8Array,
  device: Uint8Array,
  signing: Uint8Array,
) {
  const outer = new Reader(published);
  const body = outer.bytes(2048);
  const signature = outer.fixed(64);
  outer.end();
  const reader = new Reader(body);
  reader.version();
  const [ofAccount, ofDevice, kind] = [reader.fixed(32), reader.fixed(16), reader.uint(1)];
  must(kind >= 1 && kind <= 3, "unsupported_version", "a prekey kind of a later version");
  const [id, createdAt] = [reader.uint(4), reader.uint(8)];
  must(id > 0, "malformed", "ids count from 1");
  const x = kind === 2 ? null : reader.fixed(32);
  const kem = kind === 1 ? null : reader.fixed(1184);
  reader.end();
  must(same(ofAccount, account) && same(ofDevice, device), "wrong_account", "another device's prekey");
  if (x !== null) checkX25519(x);
  if (kem !== null) checkKem(kem);
  must(signed("sotto/v1/prekey", body, signature, signing), "bad_signature", "a prekey's");
  return { kind, id, createdAt, x, kem };
}

export function verifyBundle(
  [signedPrekey, kemPrekey]: [Uint8Array, Uint8Array],
  account: Uint8Array,
  device: Uint8Array,
  signing: Uint8Array,
  now: number,
) {
  const one = verifyPrekey(signedPrekey, account, device, signing);
  const other = verifyPrekey(kemPrekey, account, device, signing);
  must(one.kind === 1 && other.kind !== 1, "malformed", "a bundle is a signed prekey and an ML-KEM one");
  for (const { kind, createdAt } of [one, other]) {
    must(kind === 3 || now - createdAt <= 60 * 86_400_000, "prekey_expired", "older than 60 days");
  }
  return { signedPrekey: one, kemPrekey: other };
}

interface Party {
  readonly account: Uint8Array;
  readonly device: Uint8Array;
  readonly identity: Uint8Array;
}

const addressOf = ({ account, device }: Party): Uint8Array => join(account, device);

/** §4.2 */
function transcript(
  initiator: Party,
  responder: Party,
  setUp: Uint8Array,
  keys: { signed: Uint8Array; kem: Uint8Array; oneTime: Uint8Array | null },
): Uint8Array {
  const party = ({ account, device, identity }: Party) => join(account, device, identity);
  const [one, two] = [party(initiator), party(responder)];
  const last = keys.oneTime ?? zeros(0);
  return H("sotto/v1/pqxdh-transcript", Uint8Array.of(1), one, two, setUp, keys.signed, keys.kem, last);
}

/** One end: its verified chain and its device in it. */
export interface End {
  readonly chain: Chain;
  readonly device: Uint8Array;
}

/** Private halves, as §3.2 keeps them. */
export interface Secrets {
  readonly identity: Uint8Array;
  readonly signed: ReadonlyMap<number, Uint8Array>;
  readonly lastResort: ReadonlyMap<number, Uint8Array>;
  readonly oneTime: ReadonlyMap<number, { x: Uint8Array; kem: Uint8Array }>;
}

function partyOf({ chain, device }: End): Party {
  const active = chain.active.at(-1)?.find(({ id }) => same(id, device));
  must(active !== undefined, "not_permitted", "not an active device");
  return { account: chain.account, device, identity: active.identity };
}

/** §4.4. The caller keeps T and deletes the one-time pair. */
export function accept(
  wrap: Uint8Array,
  envelopeHash: Uint8Array,
  from: End,
  me: End,
  secrets: Secrets,
  accepted: Uint8Array[],
): Opened & { usedOneTimeId: number | null } {
  const { setUp, header } = readWrap(wrap);
  must(setUp !== null, "decrypt_failed", "no set-up header");
  const [initiator, responder] = [partyOf(from), partyOf(me)];
  must(!same(initiator.identity, responder.identity), "not_permitted", "a device and itself");

  const signedSecret = secrets.signed.get(setUp.signedId);
  const pair = setUp.oneTime ? secrets.oneTime.get(setUp.kemId) : undefined;
  const kemSeed = setUp.oneTime ? pair?.kem : secrets.lastResort.get(setUp.kemId);
  must(signedSecret !== undefined && kemSeed !== undefined, "prekey_unknown", "a private half that is gone");
  checkX25519(setUp.ephemeral);
  const kem = ml_kem768.keygen(kemSeed);
  const signedKey = x25519.getPublicKey(signedSecret);
  const oneTime = pair === undefined ? null : x25519.getPublicKey(pair.x);
  const T = transcript(initiator, responder, setUp.bytes, { signed: signedKey, kem: kem.publicKey, oneTime });
  must(same(header.tag, T.slice(0, 8)), "decrypt_failed", "another transcript");
  must(!accepted.some((seen) => same(seen, T)), "replayed", "this session was accepted before");
  const DHs = [
    dh(signedSecret, initiator.identity),
    dh(secrets.identity, setUp.ephemeral),
    dh(signedSecret, setUp.ephemeral),
    ...(pair === undefined ? [] : [dh(pair.x, setUp.ephemeral)]),
  ];
  const SS = ml_kem768.decapsulate(setUp.ciphertext, kem.secretKey);
  const session = {
    ...{ T, own: addressOf(responder), peer: addressOf(initiator), setUp: null },
    root: derive("sotto/v1/pqxdh", join(zeros(32).fill(0xff), ...DHs, SS), zeros(32), T, 32),
    sending: { chain: 0, previous: 0, n: 0, key: signedKey, secret: signedSecret, chainKey: null },
    ...{ receivingN: 0, receivingKey: null, chains: [] },
  };
  const opened = openWrap(session, [], wrap, envelopeHash);
  for (const [chain, head] of [
    [from.chain, setUp.initiator],
    [me.chain, setUp.responder],
  ] as const) {
    const hash = chain.hashes[head.sequence];
    must(hash !== undefined, "rollback", "a head that is not in the chain at hand");
    must(same(hash, head.hash), "fork", "another entry there");
  }
  return { ...opened, usedOneTimeId: setUp.oneTime ? setUp.kemId : null };
}
