import { type AccountId, type DeviceId, type Hash, toHex } from "../../keys/public.ts";
import type { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";

/** Names a device in maps. */
export type DeviceKey = string;

export function deviceKey(accountId: AccountId, deviceId: DeviceId): DeviceKey {
  return toHex(accountId) + toHex(deviceId);
}

/** A row of a log as it was committed, for whoever is connected. */
export interface CommittedRow {
  readonly sequence: bigint;
  readonly rowHash: Hash;
  readonly sender: DeviceKey;
  /** Empty in a stub, like the wraps. */
  readonly envelope: Uint8Array;
  /** Empty in the row of an entry. */
  readonly envelopeHash: Uint8Array;
  /** Its time had run out when it came. */
  readonly stub?: StubReason;
  /** In place of envelope and wraps: a membership entry, which its signer's own device gets too. */
  readonly entry?: Uint8Array;
  /** One for each slot of the roster that the row was sealed for. */
  readonly wraps: readonly (Uint8Array | null)[];
  readonly slots: ReadonlyMap<DeviceKey, number>;
  readonly storedAt: bigint;
  /** What its readers share of its encoding: the first of them makes it. */
  encoded?: { forOthers?: Uint8Array; forSender?: Uint8Array };
}
