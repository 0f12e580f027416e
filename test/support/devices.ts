import { createHash } from "node:crypto";
import { type ChainState, verifyChain } from "../../keys/account-chain.ts";
import {
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  type DeviceKeys,
} from "../../keys/account-signing.ts";
import type { Random } from "../../keys/bytes.ts";
import type { Myself, Peer } from "../../keys/handshake.ts";
import {
  createLastResortPrekey,
  createOneTimePrekey,
  createSignedPrekey,
  type LastResortPrekeySecret,
  type MadePrekey,
  type OneTimePrekeySecret,
  type SignedPrekeySecret,
} from "../../keys/make-prekeys.ts";
import { xwingKeypair } from "../../keys/sodium.ts";

/** Any fixed moment: nothing under test reads a clock. */
export const NOW = 1_800_000_000_000;

/** Bytes that look random and are the same in every run. */
export function seededRandom(seed: string): Random {
  let asked = 0;
  return (length) => {
    asked += 1;
    const made = createHash("shake256", { outputLength: length }).update(`${seed} ${asked}`).digest();
    return new Uint8Array(made);
  };
}

/** An account with one device and its prekeys, as seen by that device. */
export interface TestDevice {
  readonly chain: ChainState;
  readonly keys: DeviceKeys;
  /** What the other functions take for "this device" and for "that device". */
  readonly me: Myself;
  readonly peer: Peer;
  readonly signed: MadePrekey<SignedPrekeySecret>;
  readonly lastResort: MadePrekey<LastResortPrekeySecret>;
  readonly oneTime: MadePrekey<OneTimePrekeySecret>;
}

export function testDevice(name: string): TestDevice {
  const random = seededRandom(name);
  const keys = createDeviceKeys(random);
  const { entry } = createGenesis({
    name,
    accountKey: createAccountKey(random),
    recoveryPublicKey: xwingKeypair(random(32)).publicKey,
    device: keys,
    createdAt: NOW,
  });
  return withPrekeys(verifyChain([entry]), keys, random);
}

function withPrekeys(chain: ChainState, keys: DeviceKeys, random: Random): TestDevice {
  const input = { accountId: chain.accountId, device: keys, createdAt: NOW, random };
  return {
    chain,
    keys,
    me: { chain, deviceId: keys.deviceId, identity: keys.identity },
    peer: { chain, deviceId: keys.deviceId },
    signed: createSignedPrekey({ ...input, id: 7 }),
    lastResort: createLastResortPrekey({ ...input, id: 8 }),
    oneTime: createOneTimePrekey({ ...input, id: 9 }),
  };
}
