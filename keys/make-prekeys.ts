// Making prekeys, SPEC §3.2. Needs secrets, so it is not behind keys/public.ts.
import type { DeviceKeys } from "./account-signing.ts";
import { asSecret, type Random, type SecretBytes } from "./bytes.ts";
import { KeysError } from "./errors.ts";
import type { AccountId } from "./ids.ts";
import { sign } from "./labelled.ts";
import { labels } from "./labels.ts";
import { encodePrekeyBody, encodePublishedPrekey, type Prekey } from "./prekeys.ts";
import { KEM_SEED_BYTES, mlkem768Keypair, x25519Keypair } from "./sodium.ts";

/** Seeds, not expanded keys: 32 bytes for X25519, 64 for ML-KEM-768 (`mlkem768Keypair(seed)`). */
export interface SignedPrekeySecret {
  readonly kind: "signed";
  readonly id: number;
  readonly agreementSecret: SecretBytes;
}

export interface LastResortPrekeySecret {
  readonly kind: "last_resort";
  readonly id: number;
  readonly kemSeed: SecretBytes;
}

export interface OneTimePrekeySecret {
  readonly kind: "one_time";
  readonly id: number;
  readonly agreementSecret: SecretBytes;
  readonly kemSeed: SecretBytes;
}

export type PrekeySecret = SignedPrekeySecret | LastResortPrekeySecret | OneTimePrekeySecret;

export interface PrekeyInput {
  readonly accountId: AccountId;
  readonly device: Pick<DeviceKeys, "deviceId" | "signing">;
  readonly id: number;
  readonly createdAt: number;
  readonly random: Random;
}

export interface MadePrekey<Secret extends PrekeySecret> {
  /** For the relay: `verifyPrekey` reads it. */
  readonly published: Uint8Array;
  readonly secret: Secret;
}

function publish(input: PrekeyInput, keys: PrekeyKeys): Uint8Array {
  if (input.id < 1) throw new KeysError("malformed", "prekey ids start at 1");
  const prekey: Prekey = {
    accountId: input.accountId,
    deviceId: input.device.deviceId,
    id: input.id,
    createdAt: input.createdAt,
    ...keys,
  };
  const body = encodePrekeyBody(prekey);
  return encodePublishedPrekey(body, sign(labels.prekey, body, input.device.signing.secretKey));
}

type PrekeyKeys<P = Prekey> = P extends Prekey
  ? Omit<P, "accountId" | "deviceId" | "id" | "createdAt">
  : never;

export function createSignedPrekey(input: PrekeyInput): MadePrekey<SignedPrekeySecret> {
  const agreement = x25519Keypair(asSecret(input.random(32)));
  return {
    published: publish(input, { kind: "signed", agreementKey: agreement.publicKey }),
    secret: { kind: "signed", id: input.id, agreementSecret: agreement.secretKey },
  };
}

export function createLastResortPrekey(input: PrekeyInput): MadePrekey<LastResortPrekeySecret> {
  const kemSeed = asSecret(input.random(KEM_SEED_BYTES));
  return {
    published: publish(input, { kind: "last_resort", kemKey: mlkem768Keypair(kemSeed).publicKey }),
    secret: { kind: "last_resort", id: input.id, kemSeed },
  };
}

export function createOneTimePrekey(input: PrekeyInput): MadePrekey<OneTimePrekeySecret> {
  const agreement = x25519Keypair(asSecret(input.random(32)));
  const kemSeed = asSecret(input.random(KEM_SEED_BYTES));
  return {
    published: publish(input, {
      kind: "one_time",
      agreementKey: agreement.publicKey,
      kemKey: mlkem768Keypair(kemSeed).publicKey,
    }),
    secret: { kind: "one_time", id: input.id, agreementSecret: agreement.secretKey, kemSeed },
  };
}
