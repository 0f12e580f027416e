// Making account chain entries, SPEC §2.5. Needs secrets, so it is not behind keys/public.ts.
import { type ChainState, headOf, verifyChain } from "./account-chain.ts";
import {
  type ChainHead,
  type Device,
  type EntryContent,
  type EntrySignature,
  encodeBody,
  encodeEntry,
  noHash,
} from "./account-entry.ts";
import type { Random } from "./bytes.ts";
import { type AccountId, type DeviceId, deviceId, type RecoveryPublicKey } from "./ids.ts";
import { sign } from "./labelled.ts";
import { labels } from "./labels.ts";
import { type AgreementKeyPair, ed25519Keypair, type SigningKeyPair, x25519Keypair } from "./sodium.ts";

export interface DeviceKeys {
  readonly deviceId: DeviceId;
  readonly signing: SigningKeyPair;
  readonly identity: AgreementKeyPair;
}

/** Who vouches for an entry: the account key, or an active device. */
export type Authority =
  | { readonly kind: "account"; readonly accountKey: SigningKeyPair }
  | { readonly kind: "device"; readonly device: Pick<DeviceKeys, "deviceId" | "signing"> };

export function createAccountKey(random: Random): SigningKeyPair {
  return ed25519Keypair(random(32));
}

export function createDeviceKeys(random: Random): DeviceKeys {
  return {
    deviceId: deviceId(random(16)),
    signing: ed25519Keypair(random(32)),
    identity: x25519Keypair(random(32)),
  };
}

export function publicDevice(keys: DeviceKeys): Device {
  return {
    deviceId: keys.deviceId,
    signingKey: keys.signing.publicKey,
    identityKey: keys.identity.publicKey,
  };
}

export interface GenesisInput {
  readonly name: string;
  readonly accountKey: SigningKeyPair;
  readonly recoveryPublicKey: RecoveryPublicKey;
  readonly device: DeviceKeys;
  readonly createdAt: number;
}

/** The first entry, and the account id that follows from it. Throws `malformed` for a name that is none. */
export function createGenesis(input: GenesisInput): { entry: Uint8Array; accountId: AccountId } {
  const body = encodeBody({
    accountId: null,
    sequence: 0,
    previous: noHash,
    createdAt: input.createdAt,
    content: {
      type: "genesis",
      name: input.name,
      accountKey: input.accountKey.publicKey,
      recoveryKey: input.recoveryPublicKey,
      device: publicDevice(input.device),
    },
  });
  const entry = encodeEntry(body, [
    signBody(body, { kind: "account", accountKey: input.accountKey }),
    signBody(body, { kind: "device", device: input.device }),
  ]);
  return { entry, accountId: verifyChain([entry]).accountId };
}

function draft(chain: ChainState, content: EntryContent, createdAt: number): Uint8Array {
  const { accountId, sequence, hash } = headOf(chain);
  return encodeBody({ accountId, sequence: sequence + 1, previous: hash, createdAt, content });
}

/**
 * The body that the authority and the new device sign, each on its own machine with `signBody`; `encodeEntry`
 * joins the two signatures, the authority's first.
 */
export function draftAdd(chain: ChainState, device: Device, createdAt: number): Uint8Array {
  return draft(chain, { type: "add", device }, createdAt);
}

export function signBody(body: Uint8Array, signer: Authority): EntrySignature {
  const keys = signer.kind === "account" ? signer.accountKey : signer.device.signing;
  return {
    device: signer.kind === "account" ? null : signer.device.deviceId,
    signature: sign(labels.accountEntry, body, keys.secretKey),
  };
}

/** Signs, and refuses to hand out what others would refuse. */
function signed(chain: ChainState, body: Uint8Array, signers: readonly Authority[]): Uint8Array {
  const signatures = signers.map((signer) => signBody(body, signer));
  const entry = encodeEntry(body, signatures);
  verifyChain([entry], chain);
  return entry;
}

export interface AddInput {
  readonly by: Authority;
  readonly device: DeviceKeys;
  readonly createdAt: number;
}

/** For when both secrets are at hand, as in recovery. Throws `not_permitted`. */
export function signAdd(chain: ChainState, { by, device, createdAt }: AddInput): Uint8Array {
  const body = draftAdd(chain, publicDevice(device), createdAt);
  return signed(chain, body, [by, { kind: "device", device }]);
}

export interface RevokeInput {
  readonly by: Authority;
  readonly deviceId: DeviceId;
  readonly createdAt: number;
}

/** Throws `not_permitted`. */
export function signRevoke(chain: ChainState, { by, deviceId, createdAt }: RevokeInput): Uint8Array {
  return signed(chain, draft(chain, { type: "revoke", deviceId }, createdAt), [by]);
}

export interface OverrideInput {
  readonly accountKey: SigningKeyPair;
  /** The last entry that stays; everything after it is void. */
  readonly keep: ChainHead;
  /** The device on which the owner starts again. */
  readonly device: DeviceKeys | null;
  readonly createdAt: number;
}

/** Throws `not_permitted`. */
export function signOverride(chain: ChainState, input: OverrideInput): Uint8Array {
  const { accountKey, keep, device, createdAt } = input;
  const joining = device === null ? null : publicDevice(device);
  const body = draft(chain, { type: "override", keep, device: joining }, createdAt);
  const owner: Authority = { kind: "account", accountKey };
  return signed(chain, body, device === null ? [owner] : [owner, { kind: "device", device }]);
}
