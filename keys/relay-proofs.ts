// What a device, or the holder of the account key, proves to a relay, SPEC §1.5. `verifyProof` is the relay's side, `signProof` the signer's.
import { utf8 } from "./bytes.ts";
import { Writer } from "./encoding.ts";
import type { AccountId, DeviceId, Signature } from "./ids.ts";
import { sign, verify } from "./labelled.ts";
import { type Label, labels } from "./labels.ts";
import { sha256 } from "./sodium.ts";

export interface Proof {
  readonly label: Label;
  readonly bytes: Uint8Array;
}

export interface LoginProofInput {
  /** OPAQUE's session key, as bytes: it ties the password login to the device key. */
  readonly sessionKey: Uint8Array;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly loginId: Uint8Array;
}

export function loginProof(input: LoginProofInput): Proof {
  const bytes = new Writer()
    .fixed(sha256(input.sessionKey), 32)
    .fixed(input.accountId, 32)
    .fixed(input.deviceId, 16)
    .fixed(input.loginId, 16)
    .finish();
  return { label: labels.login, bytes };
}

export function refreshProof(nonce: Uint8Array, refreshToken: string): Proof {
  const bytes = new Writer()
    .fixed(nonce, 56)
    .fixed(sha256(utf8(refreshToken)), 32)
    .finish();
  return { label: labels.refresh, bytes };
}

/** Signed by the account key: `registrationRecord` is OPAQUE's, the new password's. */
export function resetProof(nonce: Uint8Array, account: AccountId, registrationRecord: string): Proof {
  const bytes = new Writer()
    .fixed(nonce, 56)
    .fixed(account, 32)
    .fixed(sha256(utf8(registrationRecord)), 32)
    .finish();
  return { label: labels.resetPassword, bytes };
}

export function signProof(proof: Proof, secretKey: Uint8Array): Signature {
  return sign(proof.label, proof.bytes, secretKey);
}

export function verifyProof(proof: Proof, signature: Uint8Array, publicKey: Uint8Array): boolean {
  return verify(proof.label, proof.bytes, signature, publicKey);
}
