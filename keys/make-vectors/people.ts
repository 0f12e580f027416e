// People with fixed keys, for vectors and tests.
import { type ChainState, headOf, verifyChain } from "../account-chain.ts";
import { type EntryBody, type EntryContent, encodeBody, encodeEntry } from "../account-entry.ts";
import {
  type Authority,
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  type DeviceKeys,
  signBody,
} from "../account-signing.ts";
import type { AccountId } from "../ids.ts";
import { createRecovery, type Recovery, recoveryKeyPair } from "../recovery.ts";
import type { SigningKeyPair } from "../sodium.ts";
import { seededRandom } from "./seeded-random.ts";

export const monday = Date.UTC(2026, 0, 5, 9);

export interface Person {
  readonly name: string;
  readonly accountKey: SigningKeyPair;
  readonly recovery: Recovery;
  readonly device: DeviceKeys;
  readonly genesis: Uint8Array;
  readonly accountId: AccountId;
  readonly chain: ChainState;
}

export function deviceOf(name: string): DeviceKeys {
  return createDeviceKeys(seededRandom(`device ${name}`));
}

export function person(name: string): Person {
  const accountKey = createAccountKey(seededRandom(`account key ${name}`));
  const recovery = createRecovery(seededRandom(`recovery ${name}`));
  const device = deviceOf(`${name}'s laptop`);
  const { publicKey } = recoveryKeyPair(recovery.secret);
  const { entry, accountId } = createGenesis({
    name,
    accountKey,
    recoveryPublicKey: publicKey,
    device,
    createdAt: monday,
  });
  return { name, accountKey, recovery, device, genesis: entry, accountId, chain: verifyChain([entry]) };
}

export function byAccount({ accountKey }: Person): Authority {
  return { kind: "account", accountKey };
}

export function byDevice(device: DeviceKeys): Authority {
  return { kind: "device", device };
}

/** An entry that follows `chain`, signed as asked whether or not the rules allow it. */
export function craft(
  chain: ChainState,
  content: EntryContent,
  signers: readonly Authority[],
  changed: Partial<EntryBody> = {},
): Uint8Array {
  const { accountId, sequence, hash } = headOf(chain);
  const body = encodeBody({
    accountId,
    sequence: sequence + 1,
    previous: hash,
    createdAt: monday + 60_000 * (sequence + 1),
    content,
    ...changed,
  });
  return encodeEntry(
    body,
    signers.map((signer) => signBody(body, signer)),
  );
}
