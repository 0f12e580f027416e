import {
  type EnvelopeHeader,
  envelopeHash,
  equal,
  type Hash,
  messageRowHash,
  readEnvelopeHeader,
  toHex,
  unpackWraps,
} from "../../keys/public.ts";
import { malformed } from "../errors.ts";
import type { DeviceKey } from "../fanout/committed-row.ts";
import type { Caller } from "../service.ts";
import { MAX_PACKED_WRAPS_BYTES } from "./limits.ts";

/** A submit that is well-formed and the caller's own; whether it is taken, the conversation decides. */
export interface Candidate {
  readonly header: EnvelopeHeader;
  readonly sender: DeviceKey;
  /** Names the log in maps. */
  readonly log: string;
  readonly envelope: Uint8Array;
  readonly envelopeHash: Hash;
  readonly rowHash: Hash;
  /** As received. */
  readonly packedWraps: Uint8Array;
  /** One for each slot of the roster that the header names. */
  readonly wraps: readonly (Uint8Array | null)[];
}

/** `sender` is the caller's key. Throws KeysError or MALFORMED. */
export function readSubmit(
  envelope: Uint8Array,
  packedWraps: Uint8Array,
  caller: Caller,
  sender: DeviceKey,
): Candidate {
  const header = readEnvelopeHeader(envelope);
  if (!equal(header.sender, caller.accountId) || !equal(header.senderDevice, caller.deviceId)) {
    throw malformed("an envelope of another device");
  }
  if (packedWraps.length > MAX_PACKED_WRAPS_BYTES) throw malformed("too many bytes of wraps");
  const hash = envelopeHash(envelope);
  return {
    header,
    sender,
    log: toHex(header.conversation),
    envelope,
    envelopeHash: hash,
    rowHash: messageRowHash(hash),
    packedWraps,
    wraps: unpackWraps(packedWraps),
  };
}
