import {
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  createRecovery,
  recoveryKeyPair,
  sealAccountKey,
} from "../../../keys/index.ts";
import type { Identity } from "../../store/identity.ts";
import type { Runtime } from "../runtime.ts";

export interface MadeAccount {
  /** Not registered yet. */
  readonly identity: Identity;
  /** The 24 words that alone open the account key from now on. */
  readonly words: readonly string[];
}

/** All keys of a new account, with this machine as its first device. The account key does not leave this function. */
export function makeAccount(name: string, relayUrl: string, runtime: Runtime): MadeAccount {
  const seed = runtime.random(32);
  const accountKey = createAccountKey(() => seed);
  const device = createDeviceKeys(runtime.random);
  const recovery = createRecovery(runtime.random);
  const createdAt = runtime.now();
  const genesis = createGenesis({
    name,
    accountKey,
    recoveryPublicKey: recoveryKeyPair(recovery.secret).publicKey,
    device,
    createdAt,
  });
  const identity: Identity = {
    stage: "pending",
    origin: "registration",
    accountId: genesis.accountId,
    name,
    deviceId: device.deviceId,
    relayUrl,
    genesis: genesis.entry,
    accountPublicKey: accountKey.publicKey,
    sealedAccountKey: sealAccountKey(recovery.secret, accountKey, runtime.random),
    signingSecretKey: device.signing.secretKey,
    agreementSecretKey: device.identity.secretKey,
    agreementPublicKey: device.identity.publicKey,
    opaqueServerKey: undefined,
    createdAt,
  };
  for (const secret of [seed, accountKey.secretKey, recovery.secret]) secret.fill(0);
  return { identity, words: recovery.words };
}
