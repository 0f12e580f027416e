import { type AccountId, type DeviceId, type Hash, toHex } from "../../keys/public.ts";

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
  readonly envelope: Uint8Array;
  /** In place of envelope and wraps: a membership entry, which its signer's own device gets too. */
  readonly entry?: Uint8Array;
  /** One for each slot of the roster that the row was sealed for. */
  readonly wraps: readonly (Uint8Array | null)[];
  readonly slots: ReadonlyMap<DeviceKey, number>;
  readonly storedAt: bigint;
}
