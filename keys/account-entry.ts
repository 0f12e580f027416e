// The bytes of one account chain entry, SPEC §2.1-§2.3. Whether an entry is allowed: account-chain.ts.
import { equal } from "./bytes.ts";
import { decode, type Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  type AgreementPublicKey,
  accountId,
  agreementPublicKey,
  type DeviceId,
  deviceId,
  type Hash,
  hash,
  type RecoveryPublicKey,
  recoveryPublicKey,
  type Signature,
  type SigningPublicKey,
  signature,
  signingPublicKey,
} from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";

export const MAX_ENTRY_BYTES = 4096;
const MAX_BODY_BYTES = 2048;
const MAX_NAME_BYTES = 32;

/** The last entry of a chain: what others pin (SPEC §2.6). */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: Hash;
}

/** The public half of a device. */
export interface Device {
  readonly deviceId: DeviceId;
  /** DSK, Ed25519. */
  readonly signingKey: SigningPublicKey;
  /** DIK, X25519. */
  readonly identityKey: AgreementPublicKey;
}

export type EntryContent =
  | {
      readonly type: "genesis";
      readonly name: string;
      readonly accountKey: SigningPublicKey;
      readonly recoveryKey: RecoveryPublicKey;
      readonly device: Device;
    }
  | { readonly type: "add"; readonly device: Device }
  | { readonly type: "revoke"; readonly deviceId: DeviceId }
  | { readonly type: "override"; readonly keep: ChainHead; readonly device: Device | null };

export interface EntryBody {
  /** Null in genesis, where the id does not exist yet. */
  readonly accountId: AccountId | null;
  readonly sequence: number;
  /** The hash of the entry before; 32 zero bytes in genesis. */
  readonly previous: Hash;
  readonly createdAt: number;
  readonly content: EntryContent;
}

export interface EntrySignature {
  /** Null: the account key. */
  readonly device: DeviceId | null;
  readonly signature: Signature;
}

export interface AccountEntry extends EntryBody {
  /** As received: what the signatures are over. */
  readonly body: Uint8Array;
  /** The authority first, then, if a device joins, that device. */
  readonly signatures: readonly EntrySignature[];
  readonly hash: Hash;
}

const noAccount = accountId(new Uint8Array(32));
const noDevice = deviceId(new Uint8Array(16));
export const noHash = hash(new Uint8Array(32));

/** 3-32 of a-z 0-9 _ . - and the first a letter or a digit, so that no name looks like an option (SPEC §2.2). */
export function validName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{2,31}$/.test(name);
}

/** The device that this entry brings in, if any. */
export function newcomer(content: EntryContent): Device | null {
  return content.type === "revoke" ? null : content.device;
}

function writeDevice(writer: Writer, device: Device): void {
  writer.fixed(device.deviceId, 16).fixed(device.signingKey, 32).fixed(device.identityKey, 32);
}

function readDevice(reader: Reader): Device {
  return {
    deviceId: deviceId(reader.fixed(16)),
    signingKey: signingPublicKey(reader.fixed(32)),
    identityKey: agreementPublicKey(reader.fixed(32)),
  };
}

function writeContent(writer: Writer, content: EntryContent): number {
  switch (content.type) {
    case "genesis":
      writer
        .text(content.name, MAX_NAME_BYTES)
        .fixed(content.accountKey, 32)
        .fixed(content.recoveryKey, 1216);
      writeDevice(writer, content.device);
      return 1;
    case "add":
      writeDevice(writer, content.device);
      return 2;
    case "revoke":
      writer.fixed(content.deviceId, 16);
      return 3;
    case "override":
      writer.u64(content.keep.sequence).fixed(content.keep.hash, 32);
      writer.u8(content.device === null ? 0 : 1);
      if (content.device !== null) writeDevice(writer, content.device);
      return 6;
  }
}

function readContent(type: number, reader: Reader): EntryContent {
  switch (type) {
    case 1: {
      const name = reader.text(MAX_NAME_BYTES);
      if (!validName(name)) throw new KeysError("malformed", "not a name");
      return {
        type: "genesis",
        name,
        accountKey: signingPublicKey(reader.fixed(32)),
        recoveryKey: recoveryPublicKey(reader.fixed(1216)),
        device: readDevice(reader),
      };
    }
    case 2:
      return { type: "add", device: readDevice(reader) };
    case 3:
      return { type: "revoke", deviceId: deviceId(reader.fixed(16)) };
    case 6: {
      const keep = { sequence: reader.u64(), hash: hash(reader.fixed(32)) };
      const hasDevice = reader.u8();
      if (hasDevice > 1) throw new KeysError("malformed", "neither 0 nor 1");
      return { type: "override", keep, device: hasDevice === 1 ? readDevice(reader) : null };
    }
    default:
      // 4 rotate and 5 rename are reserved; the rest is unknown.
      throw new KeysError("unsupported_version", `account entry type ${type}`);
  }
}

export function encodeBody(body: EntryBody): Uint8Array {
  const content = new Writer();
  const type = writeContent(content, body.content);
  return new Writer()
    .u8(1)
    .u8(type)
    .fixed(body.accountId ?? noAccount, 32)
    .u64(body.sequence)
    .fixed(body.previous, 32)
    .u64(body.createdAt)
    .u64(0)
    .bytes(content.finish(), MAX_BODY_BYTES)
    .finish();
}

/** Throws `malformed`, `unsupported_version`. */
export function readBody(bytes: Uint8Array): EntryBody {
  return decode(bytes, (reader) => {
    reader.version();
    const type = reader.u8();
    const account = accountId(reader.fixed(32));
    const sequence = reader.u64();
    const previous = hash(reader.fixed(32));
    const createdAt = reader.u64();
    if (reader.u64() !== 0) throw new KeysError("unsupported_version", "an entry that lapses");
    const content = decode(reader.bytes(MAX_BODY_BYTES), (inner) => readContent(type, inner));

    const isFirst = sequence === 0 && equal(account, noAccount) && equal(previous, noHash);
    if (isFirst !== (content.type === "genesis") || isFirst !== (sequence === 0)) {
      throw new KeysError("malformed", "genesis stands first, with zeros for what is not there yet");
    }
    return { accountId: isFirst ? null : account, sequence, previous, createdAt, content };
  });
}

export function encodeEntry(body: Uint8Array, signatures: readonly EntrySignature[]): Uint8Array {
  const writer = new Writer().bytes(body, MAX_BODY_BYTES).u8(signatures.length);
  for (const made of signatures) {
    writer
      .u8(made.device === null ? 0 : 1)
      .fixed(made.device ?? noDevice, 16)
      .fixed(made.signature, 64);
  }
  return writer.finish();
}

function readSignature(reader: Reader): EntrySignature {
  const signer = reader.u8();
  const device = deviceId(reader.fixed(16));
  if (signer > 1 || (signer === 0) !== equal(device, noDevice)) {
    throw new KeysError("malformed", "a signer that is neither the account key nor a device");
  }
  return { device: signer === 0 ? null : device, signature: signature(reader.fixed(64)) };
}

/** Checks form only, no signature. Throws `malformed`, `unsupported_version`. */
export function readEntry(bytes: Uint8Array): AccountEntry {
  if (bytes.length > MAX_ENTRY_BYTES) throw new KeysError("malformed", "entry too long");
  return decode(bytes, (reader) => {
    const body = reader.bytes(MAX_BODY_BYTES);
    const fields = readBody(body);
    const joining = newcomer(fields.content);
    if (reader.u8() !== (joining === null ? 1 : 2)) throw new KeysError("malformed", "signature count");
    const signatures = [readSignature(reader)];
    if (joining !== null) {
      const possession = readSignature(reader);
      if (possession.device === null || !equal(possession.device, joining.deviceId)) {
        throw new KeysError("malformed", "the second signature is not the new device's");
      }
      signatures.push(possession);
    }
    return { ...fields, body, signatures, hash: hashLabelled(labels.accountEntryHash, bytes) };
  });
}
