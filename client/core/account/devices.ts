import {
  type ActiveDevice,
  type Authority,
  equal,
  type SigningKeyPair,
  signRevoke,
  toHex,
} from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { RelayConnection } from "../../net/relay-connection.ts";
import { ChatError } from "../chat-error.ts";
import { syncConversations } from "../connection/sync.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { ownChain, ownDevice, ownDeviceKeys, refreshChains } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";
import { withAccountKey } from "./account-key.ts";

export interface DeviceListed {
  /** Hex. */
  readonly id: string;
  /** Hex. */
  readonly account: string;
  readonly name: string;
  readonly isCurrent: boolean;
  /** Milliseconds since 1970, by the clock of who added it. */
  readonly addedAt: number;
}

const MIN_PREFIX = 4;
/** How often other devices may change the account at the same moment. */
const MAX_ROUNDS = 10;

/** In the order in which they were added; as they were when the relay was last asked. */
export function knownDevices(profile: Profile): DeviceListed[] {
  const { accountId, deviceId, name } = profile.identity;
  return ownChain(profile).devices.map((device) => ({
    id: toHex(device.deviceId),
    account: toHex(accountId),
    name,
    isCurrent: equal(device.deviceId, deviceId),
    addedAt: device.addedAt,
  }));
}

/** Rejects with NetError when the relay cannot be asked. */
export async function listDevices(profile: Profile, connect: Connect): Promise<DeviceListed[]> {
  const connection = await connect();
  try {
    await refreshChains(profile, connection, [profile.identity.accountId]);
  } finally {
    connection.close();
  }
  return knownDevices(profile);
}

/**
 * Signs a device out of the account: this device says so, or the account key that `words` open. Its streams end and its
 * tokens die at once, nothing is wrapped for it again, and the groups are closed to it as far as the relay answers. Gives the
 * id. Throws `bad_input` for an id that is none, or this device's.
 */
export async function revokeDevice(
  profile: Profile,
  connect: Connect,
  prefix: string,
  words?: string,
): Promise<string> {
  const { accountId } = profile.identity;
  const connection = await connect();
  try {
    await refreshChains(profile, connection, [accountId]);
    ownDevice(profile);
    const device = deviceNamed(profile, prefix);
    if (equal(device.deviceId, profile.identity.deviceId)) {
      throw new ChatError("bad_input", "This is the device that you are at.", {
        hint: "`chat logout` signs it out and erases what it has.",
      });
    }
    await appendRevocation(profile, connection, device, words);
    await closeGroups(profile, connection);
    return toHex(device.deviceId);
  } finally {
    connection.close();
  }
}

function deviceNamed(profile: Profile, prefix: string): ActiveDevice {
  const { devices } = ownChain(profile);
  const wanted = prefix.toLowerCase();
  const found = devices.filter(({ deviceId }) => toHex(deviceId).startsWith(wanted));
  const [device] = found;
  if (device === undefined || wanted.length < MIN_PREFIX || found.length > 1) {
    const problem =
      found.length > 1 && wanted.length >= MIN_PREFIX ? "fits several devices" : "fits no device";
    throw new ChatError("bad_input", `The id "${prefix}" ${problem} of ${profile.identity.name}.`, {
      hint: `\`chat devices\` lists them; give ${MIN_PREFIX} digits of an id or more.`,
    });
  }
  return device;
}

/** Signs a device out, this one included. Done already, nothing happens. */
export async function appendRevocation(
  profile: Profile,
  connection: RelayConnection,
  { deviceId }: Pick<ActiveDevice, "deviceId">,
  words: string | undefined,
): Promise<void> {
  const { accountId, name, sealedAccountKey, accountPublicKey } = profile.identity;
  const append = async (by: () => Authority): Promise<void> => {
    for (let rounds = 0; ; rounds += 1) {
      const chain = ownChain(profile);
      if (!chain.devices.some((device) => equal(device.deviceId, deviceId))) return;
      const entry = signRevoke(chain, { by: by(), deviceId, createdAt: profile.runtime.now() });
      try {
        await connection.appendAccountEntry(entry);
        // The relay answers a device no more that has signed itself out.
        if (equal(deviceId, profile.identity.deviceId)) return;
      } catch (error) {
        if (!(error instanceof NetError) || error.reason !== "head_moved" || rounds === MAX_ROUNDS) {
          throw error;
        }
      }
      await refreshChains(profile, connection, [accountId]);
    }
  };
  if (words === undefined) {
    await append(() => ({ kind: "device", device: ownDeviceKeys(profile) }));
    return;
  }
  const byAccount = (accountKey: SigningKeyPair) => append(() => ({ kind: "account", accountKey }));
  await withAccountKey(words, { name, sealedAccountKey, accountPublicKey }, byAccount);
}

/** A new entry in each group closes it to the device; what does not work now is done at the next connection. */
async function closeGroups(profile: Profile, connection: RelayConnection): Promise<void> {
  try {
    await syncConversations(profile, connection);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
}
