import {
  type AccountId,
  accountId,
  equal,
  resetProof,
  signingPublicKey,
  signProof,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayAddress } from "../../net/relay-address.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { withAccountKey } from "./account-key.ts";
import { checkNewPassword, startRegistration } from "./account-password.ts";
import { anotherRelay } from "./log-in.ts";

export interface PasswordReset {
  /** Folded to lower case. */
  readonly name: string;
  readonly words: string;
  readonly newPassword: string;
  readonly relay: RelayAddress;
  /** The account that has to have the name, if it is known here. */
  readonly expected?: AccountId;
}

/**
 * Puts another password in the place of a forgotten one: the account key, which the recovery words open, says so to the
 * relay. Devices and what they hold stay as they are. Throws `bad_input`, `login_failed` for the words of another account or
 * a name that nobody has, `security_stop`, NetError.
 */
export async function resetPassword({
  name,
  words,
  newPassword,
  relay,
  expected,
}: PasswordReset): Promise<void> {
  checkNewPassword(newPassword);
  const { auth, close } = await connectAnonymously(relay);
  try {
    const begun = await auth.startRecovery(name);
    if (begun.accountId.length !== 32 || begun.accountPublicKey.length !== 32 || begun.nonce.length !== 56) {
      throw new NetError("untrusted", "the relay gave something else than a sealed account key");
    }
    const account = accountId(new Uint8Array(begun.accountId));
    if (expected !== undefined && !equal(expected, account)) throw anotherRelay(name);
    const sealed = {
      name,
      sealedAccountKey: new Uint8Array(begun.sealedAccountKey),
      // From nobody's chain: words that open it belong to it, and what it signs is about this account only.
      accountPublicKey: signingPublicKey(new Uint8Array(begun.accountPublicKey)),
    };
    await withAccountKey(words, sealed, async (accountKey) => {
      const registrationRecord = await startRegistration(auth, { name, accountId: account }, newPassword);
      const nonce = new Uint8Array(begun.nonce);
      const proof = resetProof(nonce, account, registrationRecord);
      const accountSignature = signProof(proof, accountKey.secretKey);
      await auth.resetPassword({ accountId: account, nonce, registrationRecord, accountSignature });
    });
  } finally {
    close();
  }
}
