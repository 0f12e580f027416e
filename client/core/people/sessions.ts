import {
  type ChainState,
  type DeviceAddress,
  findDevice,
  initiate,
  KeysError,
  type Myself,
  type SessionState,
  toHex,
} from "../../../keys/index.ts";
import type { PrekeyBundle, RelayConnection } from "../../net/relay-connection.ts";
import { transact } from "../../store/database.ts";
import { changePeerDevice, readPeerDevice } from "../../store/peer-devices.ts";
import { putSessionFirst, readSendingSession } from "../../store/sessions.ts";
import type { Profile } from "../profile.ts";
import { knownChain, ownChain } from "./account-chains.ts";
import { alarm } from "./security.ts";

const MAX_BUNDLES_A_CALL = 128;
/** A device that has published nothing is not asked for again at once: a fresh one does so within seconds. */
const ASK_AGAIN_AFTER_MS = 15 * 1000;

export function myself(profile: Profile): Myself {
  const { identity } = profile;
  return {
    chain: ownChain(profile),
    deviceId: identity.deviceId,
    identity: { publicKey: identity.agreementPublicKey, secretKey: identity.agreementSecretKey },
  };
}

/** The session to seal with for a device, or why there is none. */
export function sessionFor(
  profile: Profile,
  peer: DeviceAddress,
): SessionState | "to be set up" | "nothing published" {
  const state = readPeerDevice(profile.db, peer);
  const session = readSendingSession(profile.db, peer);
  if (session !== undefined && !state.renew) return session;
  const wait = state.askAfter - profile.runtime.now();
  // Longer: said by a clock that was ahead.
  if (wait > 0 && wait <= ASK_AGAIN_AFTER_MS) return session ?? "nothing published";
  return "to be set up";
}

/**
 * Sets up sessions with devices of verified accounts, SPEC §4. Whoever drains the outbox holds its lock, and that is
 * the claim: nobody else takes bundles for the same devices meanwhile. Should somebody all the same, the first session
 * stored is kept. Throws `security_stop` for a prekey that its device did not sign.
 */
export async function setUpSessions(
  profile: Profile,
  connection: RelayConnection,
  peers: readonly DeviceAddress[],
): Promise<void> {
  for (let at = 0; at < peers.length; at += MAX_BUNDLES_A_CALL) {
    const wanted = peers.slice(at, at + MAX_BUNDLES_A_CALL);
    const bundles = await connection.takePrekeyBundles([...wanted]);
    const made = new Map<string, SessionState>();
    for (const bundle of bundles) {
      const peer = wanted.find((each) => addressKey(each) === addressKey(bundle.device));
      if (peer === undefined) continue;
      const session = fromBundle(profile, peer, bundle);
      if (session !== undefined) made.set(addressKey(peer), session);
    }
    transact(profile.db, () => {
      for (const peer of wanted) keepSession(profile, peer, made.get(addressKey(peer)));
    });
  }
}

function keepSession(profile: Profile, peer: DeviceAddress, session: SessionState | undefined): void {
  const now = profile.runtime.now();
  if (session === undefined) {
    changePeerDevice(profile.db, peer, { askAfter: now + ASK_AGAIN_AFTER_MS });
    return;
  }
  const { renew } = readPeerDevice(profile.db, peer);
  if (readSendingSession(profile.db, peer) !== undefined && !renew) return;
  putSessionFirst(profile.db, session);
  changePeerDevice(profile.db, peer, { askAfter: 0, renew: false, ...(renew ? { renewedAt: now } : {}) });
}

/** Undefined: the device has not renewed its prekeys for so long that it counts as gone. */
function fromBundle(profile: Profile, peer: DeviceAddress, bundle: PrekeyBundle): SessionState | undefined {
  const chain = knownChain(profile, peer.accountId);
  if (chain === undefined || findDevice(chain, peer.deviceId) === undefined) return undefined;
  try {
    return initiate({
      me: myself(profile),
      peer: { chain, deviceId: peer.deviceId },
      bundle: { signedPrekey: bundle.signedPrekey, kemPrekey: bundle.kemPrekey },
      now: profile.runtime.now(),
      random: profile.runtime.random,
    });
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    if (error.code === "prekey_expired") return undefined;
    throw alarm(profile, forgedPrekey(chain, peer, error));
  }
}

function forgedPrekey(chain: ChainState, peer: DeviceAddress, error: KeysError) {
  return {
    kind: "prekey_forged" as const,
    text: `The relay handed out a key for ${chain.name} that ${chain.name}'s device did not make.`,
    accountId: peer.accountId,
    evidence: { device: peer.deviceId, code: error.code },
  };
}

/** For maps and comparisons. */
export function addressKey(
  address: { readonly accountId: Uint8Array; readonly deviceId: Uint8Array } | undefined,
): string {
  return address === undefined ? "" : toHex(address.accountId) + toHex(address.deviceId);
}
