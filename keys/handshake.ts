// PQXDH: two devices agree on a session without meeting, SPEC §4. The wraps that carry it: wrap.ts.
import { type ChainState, findDevice } from "./account-chain.ts";
import type { Device } from "./account-entry.ts";
import { concat, equal, type Random, type SecretBytes } from "./bytes.ts";
import { Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { hkdf } from "./hmac.ts";
import type { AgreementPublicKey, DeviceId, Hash, KemPublicKey } from "./ids.ts";
import { frame, hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import type { LastResortPrekeySecret, OneTimePrekeySecret, SignedPrekeySecret } from "./make-prekeys.ts";
import { verifyBundle } from "./prekeys.ts";
import { startAsInitiator, startAsResponder } from "./ratchet.ts";
import type { DeviceAddress, SessionState } from "./session.ts";
import { encodeSetUpHeader, type SetUpHeader } from "./set-up-header.ts";
import {
  type AgreementKeyPair,
  isX25519PublicKey,
  mlkem768Decapsulate,
  mlkem768Encapsulate,
  mlkem768Keypair,
  x25519,
  x25519Keypair,
} from "./sodium.ts";

/** This device: the verified chain of its account, and its identity key pair (DIK). */
export interface Myself {
  readonly chain: ChainState;
  readonly deviceId: DeviceId;
  readonly identity: AgreementKeyPair;
}

/** Another device: the verified chain of its account. */
export interface Peer {
  readonly chain: ChainState;
  readonly deviceId: DeviceId;
}

/** The secrets behind the prekeys that a set-up header names; null for one that is gone. */
export interface PrekeySecrets {
  readonly signed: SignedPrekeySecret | null;
  readonly kem: LastResortPrekeySecret | OneTimePrekeySecret | null;
}

/** The responder's public prekeys as used in one set-up. */
interface UsedPrekeys {
  readonly signed: AgreementPublicKey;
  readonly oneTime: AgreementPublicKey | null;
  readonly kem: KemPublicKey;
}

interface Transcript {
  readonly initiator: Party;
  readonly responder: Party;
  readonly header: SetUpHeader;
  readonly prekeys: UsedPrekeys;
}

type Party = Device & Pick<ChainState, "accountId">;

const noSalt = new Uint8Array(32);
const domain = new Uint8Array(32).fill(0xff);

/**
 * SK of SPEC §4.3: HKDF over 0xFF^32 ‖ DH1 ‖ DH2 ‖ DH3 [‖ DH4] ‖ SS. `info` carries the label and T. Without a
 * KEM secret and with another info it is plain X3DH, which is how the published values of that drive it.
 */
export function sharedSecret(parts: readonly Uint8Array[], info: Uint8Array): SecretBytes {
  return hkdf(concat(domain, ...parts), noSalt, info, 32);
}

/** T of SPEC §4.2: a relay that swaps or re-encodes anything here gets two ends that do not understand. */
function transcriptHash({ initiator, responder, header, prekeys }: Transcript): Hash {
  const writer = new Writer().u8(1);
  for (const party of [initiator, responder]) {
    writer.fixed(party.accountId, 32).fixed(party.deviceId, 16).fixed(party.identityKey, 32);
  }
  writer.raw(encodeSetUpHeader(header)).fixed(prekeys.signed, 32).fixed(prekeys.kem, 1184);
  if (prekeys.oneTime !== null) writer.fixed(prekeys.oneTime, 32);
  return hashLabelled(labels.pqxdhTranscript, writer.finish());
}

function pqxdhInfo(id: Hash): Uint8Array {
  return frame(labels.pqxdh, id);
}

export interface InitiateInput {
  readonly me: Myself;
  readonly peer: Peer;
  /** As the relay gave it. */
  readonly bundle: { readonly signedPrekey: Uint8Array; readonly kemPrekey: Uint8Array };
  readonly now: number;
  readonly random: Random;
}

/**
 * Checks the peer's prekeys and makes a session that can seal at once, SPEC §4. Throws what `verifyBundle`
 * does, and `not_permitted` if one of the two is not an active device of its account or they are the same.
 */
export function initiate({ me, peer, bundle, now, random }: InitiateInput): SessionState {
  const initiator = myParty(me);
  const responder = party(peer.chain, peer.deviceId);
  checkApart(initiator, responder);
  const { signedPrekey, kemPrekey } = verifyBundle(bundle, responder, now);
  const oneTime = kemPrekey.kind === "one_time" ? kemPrekey.agreementKey : null;
  const ephemeral = x25519Keypair(random(32));
  const agreed = [
    x25519(me.identity.secretKey, signedPrekey.agreementKey),
    x25519(ephemeral.secretKey, responder.identityKey),
    x25519(ephemeral.secretKey, signedPrekey.agreementKey),
    ...(oneTime === null ? [] : [x25519(ephemeral.secretKey, oneTime)]),
  ];
  const { ciphertext, sharedSecret: kemSecret } = mlkem768Encapsulate(kemPrekey.kemKey, random(32));
  const header: SetUpHeader = {
    ephemeralKey: ephemeral.publicKey,
    initiatorHead: me.chain.head,
    responderHead: peer.chain.head,
    signedPrekeyId: signedPrekey.id,
    oneTime: oneTime !== null,
    kemPrekeyId: kemPrekey.id,
    kemCiphertext: ciphertext,
  };
  const prekeys = { signed: signedPrekey.agreementKey, oneTime, kem: kemPrekey.kemKey };
  const id = transcriptHash({ initiator, responder, header, prekeys });
  const shared = sharedSecret([...agreed, kemSecret], pqxdhInfo(id));
  return {
    id,
    me: address(initiator),
    peer: address(responder),
    setUp: encodeSetUpHeader(header),
    ratchet: startAsInitiator(shared, signedPrekey.agreementKey, random),
  };
}

export interface AcceptInput {
  readonly me: Myself;
  readonly initiator: Peer;
  readonly header: SetUpHeader;
  readonly prekeys: PrekeySecrets;
  /** Whether a session id may be gone on with; asked before anything is agreed. */
  readonly check: (id: Hash) => void;
}

/**
 * The responder's end of a session, unproven until the wrap that carried the header opens: `respond` in wrap.ts
 * is the whole step. Throws `prekey_unknown`, `bad_key`, `not_permitted`, and what `check` throws.
 */
export function accept({ me, initiator: from, header, prekeys, check }: AcceptInput): SessionState {
  const initiator = party(from.chain, from.deviceId);
  const responder = myParty(me);
  checkApart(initiator, responder);
  if (!isX25519PublicKey(header.ephemeralKey)) throw new KeysError("bad_key", "a bad ephemeral key");
  const { signed, kem } = prekeys;
  if (signed === null || signed.id !== header.signedPrekeyId) throw prekeyUnknown();
  if (kem === null || kem.id !== header.kemPrekeyId) throw prekeyUnknown();
  if ((kem.kind === "one_time") !== header.oneTime) throw prekeyUnknown();
  const signedPair = x25519Keypair(signed.agreementSecret);
  const oneTimePair = kem.kind === "one_time" ? x25519Keypair(kem.agreementSecret) : null;
  const kemPair = mlkem768Keypair(kem.kemSeed);
  const used = {
    signed: signedPair.publicKey,
    oneTime: oneTimePair?.publicKey ?? null,
    kem: kemPair.publicKey,
  };
  const id = transcriptHash({ initiator, responder, header, prekeys: used });
  check(id);
  const agreed = [
    x25519(signedPair.secretKey, initiator.identityKey),
    x25519(me.identity.secretKey, header.ephemeralKey),
    x25519(signedPair.secretKey, header.ephemeralKey),
    ...(oneTimePair === null ? [] : [x25519(oneTimePair.secretKey, header.ephemeralKey)]),
  ];
  const kemSecret = mlkem768Decapsulate(kemPair.secretKey, header.kemCiphertext);
  const shared = sharedSecret([...agreed, kemSecret], pqxdhInfo(id));
  return {
    id,
    me: address(responder),
    peer: address(initiator),
    setUp: null,
    ratchet: startAsResponder(shared, signedPair),
  };
}

function party(chain: ChainState, id: DeviceId): Party {
  const device = findDevice(chain, id);
  if (device === undefined) throw new KeysError("not_permitted", "not an active device of its account");
  return { ...device, accountId: chain.accountId };
}

function myParty(me: Myself): Party {
  const mine = party(me.chain, me.deviceId);
  if (!equal(mine.identityKey, me.identity.publicKey)) {
    throw new KeysError("not_permitted", "not the identity key of this device");
  }
  return mine;
}

function address({ accountId, deviceId }: Party): DeviceAddress {
  return { accountId, deviceId };
}

function checkApart(one: Party, other: Party): void {
  if (equal(one.accountId, other.accountId) && equal(one.deviceId, other.deviceId)) {
    throw new KeysError("not_permitted", "a device has no session with itself");
  }
}

function prekeyUnknown(): KeysError {
  return new KeysError("prekey_unknown", "a prekey of this set-up is gone");
}
