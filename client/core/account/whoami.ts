import { toHex } from "../../../keys/index.ts";
import type { Profile } from "../profile.ts";

export interface Me {
  readonly name: string;
  /** Hex. */
  readonly account: string;
  /** Hex. */
  readonly device: string;
  readonly relay: string;
  readonly profile: string;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly registeredAt: number;
}

/** From the profile alone: no relay is asked. */
export function whoami({ identity, paths }: Profile): Me {
  return {
    name: identity.name,
    account: toHex(identity.accountId),
    device: toHex(identity.deviceId),
    relay: identity.relayUrl,
    profile: paths.name,
    registeredAt: identity.createdAt,
  };
}
