import type { ChainHead } from "./account-entry.ts";
import { decode, type Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import { type AgreementPublicKey, agreementPublicKey, hash } from "./ids.ts";
import { KEM_CIPHERTEXT_BYTES } from "./sodium.ts";

export const SET_UP_HEADER_BYTES = 121 + KEM_CIPHERTEXT_BYTES;

/** What a responder needs to compute the same session, SPEC §4.1. */
export interface SetUpHeader {
  readonly ephemeralKey: AgreementPublicKey;
  /** Of the initiator's own chain: it names the identity key. */
  readonly initiatorHead: ChainHead;
  /** Of the responder's chain as the initiator saw it. */
  readonly responderHead: ChainHead;
  readonly signedPrekeyId: number;
  /** Whether the KEM key is of a one-time pair; otherwise it is the last-resort key. */
  readonly oneTime: boolean;
  readonly kemPrekeyId: number;
  readonly kemCiphertext: Uint8Array;
}

export function encodeSetUpHeader(header: SetUpHeader): Uint8Array {
  const writer = new Writer().fixed(header.ephemeralKey, 32);
  for (const { sequence, hash } of [header.initiatorHead, header.responderHead]) {
    writer.u64(sequence).fixed(hash, 32);
  }
  return writer
    .u32(header.signedPrekeyId)
    .u8(header.oneTime ? 1 : 0)
    .u32(header.kemPrekeyId)
    .fixed(header.kemCiphertext, KEM_CIPHERTEXT_BYTES)
    .finish();
}

/** Throws `malformed`. */
export function readSetUpHeader(bytes: Uint8Array): SetUpHeader {
  return decode(bytes, (reader) => ({
    ephemeralKey: agreementPublicKey(reader.fixed(32)),
    initiatorHead: readHead(reader),
    responderHead: readHead(reader),
    signedPrekeyId: reader.u32(),
    oneTime: readFlag(reader),
    kemPrekeyId: reader.u32(),
    kemCiphertext: reader.fixed(KEM_CIPHERTEXT_BYTES),
  }));
}

function readHead(reader: Reader): ChainHead {
  return { sequence: reader.u64(), hash: hash(reader.fixed(32)) };
}

function readFlag(reader: Reader): boolean {
  const flag = reader.u8();
  if (flag > 1) throw new KeysError("malformed", "neither yes nor no");
  return flag === 1;
}
