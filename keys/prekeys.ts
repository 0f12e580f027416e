// Published prekeys and the checks on them, SPEC §3. Making them: make-prekeys.ts.
import type { Device } from "./account-entry.ts";
import { equal } from "./bytes.ts";
import { decode, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  type AgreementPublicKey,
  accountId,
  agreementPublicKey,
  type DeviceId,
  deviceId,
  type KemPublicKey,
  kemPublicKey,
  type Signature,
  signature,
} from "./ids.ts";
import { verify } from "./labelled.ts";
import { labels } from "./labels.ts";
import { isMlkem768PublicKey, isX25519PublicKey } from "./sodium.ts";

/** Older signed and last-resort prekeys are refused: a relay that withholds fresh ones is noticed (SPEC §3.3). */
export const MAX_PREKEY_AGE_MS = 60 * 24 * 60 * 60 * 1000;
const MAX_PREKEY_BODY_BYTES = 1278;

interface PrekeyFields {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  /** Unique per device and kind, from 1 on. */
  readonly id: number;
  readonly createdAt: number;
}

interface SignedPrekey extends PrekeyFields {
  readonly kind: "signed";
  readonly agreementKey: AgreementPublicKey;
}

interface LastResortPrekey extends PrekeyFields {
  readonly kind: "last_resort";
  readonly kemKey: KemPublicKey;
}

interface OneTimePrekey extends PrekeyFields {
  readonly kind: "one_time";
  readonly agreementKey: AgreementPublicKey;
  readonly kemKey: KemPublicKey;
}

export type Prekey = SignedPrekey | LastResortPrekey | OneTimePrekey;

/** What starts a session with one device: always a signed prekey, and a KEM key from one of the two kinds. */
export interface PrekeyBundle {
  readonly signedPrekey: SignedPrekey;
  readonly kemPrekey: LastResortPrekey | OneTimePrekey;
}

/** The device as its verified account chain has it. */
export interface PrekeyOwner extends Pick<Device, "deviceId" | "signingKey"> {
  readonly accountId: AccountId;
}

export function encodePrekeyBody(prekey: Prekey): Uint8Array {
  const kind = { signed: 1, last_resort: 2, one_time: 3 }[prekey.kind];
  const writer = new Writer()
    .u8(1)
    .fixed(prekey.accountId, 32)
    .fixed(prekey.deviceId, 16)
    .u8(kind)
    .u32(prekey.id)
    .u64(prekey.createdAt);
  if (prekey.kind !== "last_resort") writer.fixed(prekey.agreementKey, 32);
  if (prekey.kind !== "signed") writer.fixed(prekey.kemKey, 1184);
  return writer.finish();
}

function readPrekeyBody(bytes: Uint8Array): Prekey {
  return decode(bytes, (reader) => {
    reader.version();
    const account = accountId(reader.fixed(32));
    const device = deviceId(reader.fixed(16));
    const kind = reader.u8();
    const fields = { accountId: account, deviceId: device, id: reader.u32(), createdAt: reader.u64() };
    if (fields.id === 0) throw new KeysError("malformed", "prekey ids start at 1");
    switch (kind) {
      case 1:
        return { kind: "signed", ...fields, agreementKey: agreementPublicKey(reader.fixed(32)) };
      case 2:
        return { kind: "last_resort", ...fields, kemKey: kemPublicKey(reader.fixed(1184)) };
      case 3:
        return {
          kind: "one_time",
          ...fields,
          agreementKey: agreementPublicKey(reader.fixed(32)),
          kemKey: kemPublicKey(reader.fixed(1184)),
        };
      default:
        throw new KeysError("unsupported_version", `prekey kind ${kind}`);
    }
  });
}

export function encodePublishedPrekey(body: Uint8Array, made: Signature): Uint8Array {
  return new Writer().bytes(body, MAX_PREKEY_BODY_BYTES).fixed(made, 64).finish();
}

/**
 * Opens the published form and checks it against its owner. Throws `malformed`, `unsupported_version`,
 * `wrong_account` (another account's or device's), `bad_key`, `bad_signature`.
 */
export function verifyPrekey(published: Uint8Array, owner: PrekeyOwner): Prekey {
  const { body, made } = decode(published, (reader) => ({
    body: reader.bytes(MAX_PREKEY_BODY_BYTES),
    made: signature(reader.fixed(64)),
  }));
  const prekey = readPrekeyBody(body);
  if (!equal(prekey.accountId, owner.accountId) || !equal(prekey.deviceId, owner.deviceId)) {
    throw new KeysError("wrong_account", "a prekey of another device");
  }
  const good =
    (prekey.kind === "last_resort" || isX25519PublicKey(prekey.agreementKey)) &&
    (prekey.kind === "signed" || isMlkem768PublicKey(prekey.kemKey));
  if (!good) throw new KeysError("bad_key", "not an acceptable prekey");
  if (!verify(labels.prekey, body, made, owner.signingKey)) {
    throw new KeysError("bad_signature", "the signature of a prekey does not verify");
  }
  return prekey;
}

/** Throws `prekey_expired`. One-time pairs do not age: each is gone with its first use. */
export function checkPrekeyAge(prekey: Prekey, now: number): void {
  if (prekey.kind !== "one_time" && prekey.createdAt < now - MAX_PREKEY_AGE_MS) {
    throw new KeysError("prekey_expired", "a prekey older than 60 days");
  }
}

/** What a sender does with what the relay gave him. Throws as `verifyPrekey` and `checkPrekeyAge` do. */
export function verifyBundle(
  published: { readonly signedPrekey: Uint8Array; readonly kemPrekey: Uint8Array },
  owner: PrekeyOwner,
  now: number,
): PrekeyBundle {
  const signedPrekey = verifyPrekey(published.signedPrekey, owner);
  const kemPrekey = verifyPrekey(published.kemPrekey, owner);
  if (signedPrekey.kind !== "signed" || kemPrekey.kind === "signed") {
    throw new KeysError("malformed", "prekeys of the wrong kinds");
  }
  checkPrekeyAge(signedPrekey, now);
  checkPrekeyAge(kemPrekey, now);
  return { signedPrekey, kemPrekey };
}
