import { type DeviceKeys, signingPublicKey } from "../../../keys/index.ts";
import type { Identity } from "../../store/identity.ts";

/** The keys of this device, whether or not its account has it. */
export function deviceKeysOf(identity: Identity): DeviceKeys {
  const { deviceId, signingSecretKey, agreementSecretKey, agreementPublicKey } = identity;
  return {
    deviceId,
    // libsodium's form: seed 32 ‖ public key 32.
    signing: { publicKey: signingPublicKey(signingSecretKey.slice(32)), secretKey: signingSecretKey },
    identity: { publicKey: agreementPublicKey, secretKey: agreementSecretKey },
  };
}
