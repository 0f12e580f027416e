import { equal, fingerprint, toHex } from "../../../keys/index.ts";
import { countDevicesWithSession } from "../../store/sessions.ts";
import { ifReachable } from "../connection/if-reachable.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { ownChain } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";

/** What this account and this device are known by. Public, all of it. */
export interface KeyDetails {
  readonly name: string;
  /** Thirty digits: this account's half of every safety number. */
  readonly fingerprint: string;
  /** In the order in which they were added. */
  readonly devices: readonly {
    /** Hex. */
    readonly id: string;
    readonly isThis: boolean;
    /** Milliseconds since 1970, by the clock of who added it. */
    readonly since: number;
  }[];
  /** With how many devices, own ones included, there are sessions. */
  readonly sessions: number;
}

/** From the profile alone: no relay is asked. */
export function keyDetails(profile: Profile): KeyDetails {
  const { identity, db } = profile;
  return {
    name: identity.name,
    fingerprint: fingerprint(identity.accountId),
    devices: ownChain(profile).devices.map(({ deviceId, addedAt }) => ({
      id: toHex(deviceId),
      isThis: equal(deviceId, identity.deviceId),
      since: addedAt,
    })),
    sessions: countDevicesWithSession(db),
  };
}

/** How many one-time prekey pairs of this device the relay still has; undefined if it does not answer. */
export function countPrekeysLeft(connect: Connect): Promise<number | undefined> {
  return ifReachable(connect, async (connection) => (await connection.countPrekeys()).oneTimeLeft);
}
