import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  MAX_ROSTER_DEVICES,
  type RosterSlot,
  rosterHash,
  toHex,
} from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import { ErrorReason, RelayError } from "../errors.ts";
import type { RosterVersion } from "./rosters.ts";
import { insertDeviceStarts } from "./sql/insert-device-starts.ts";
import { insertRosters } from "./sql/insert-rosters.ts";
import { lockConversations } from "./sql/lock-conversations.ts";
import { selectActiveDevices } from "./sql/select-active-devices.ts";
import { updateRosterVersions } from "./sql/update-roster-versions.ts";

export interface BumpedRoster extends RosterVersion {
  readonly devices: readonly RosterSlot[];
}

/**
 * Gives every conversation of the account a new roster, in the transaction that changes its devices and holds the lock
 * on the account. `added` read what comes from now on.
 */
export async function bumpRosters(
  transaction: Queries,
  account: AccountId,
  removal: boolean,
  added: readonly { readonly deviceId: DeviceId }[] = [],
): Promise<readonly BumpedRoster[]> {
  const locked = await lockConversations(transaction, account);
  if (added.length > 0) {
    await insertDeviceStarts(
      transaction,
      account,
      added.map((device) => device.deviceId),
    );
  }
  if (locked.length === 0) return [];
  const bumped = await addRosters(
    transaction,
    locked.map((row) => ({
      conversationId: conversationId(row.conversation_id),
      version: row.roster_version + 1n,
    })),
  );
  // Whoever has not heard of a device that was added seals for it at once: it is to get everything from now on.
  await updateRosterVersions(transaction, bumped, removal || added.length > 0);
  return bumped;
}

/** The same for one conversation that the transaction holds the lock on, and whose membership it has changed. */
export async function bumpRoster(
  transaction: Queries,
  version: RosterVersion,
  removal: boolean,
): Promise<BumpedRoster> {
  const [bumped] = await addRosters(transaction, [version]);
  if (bumped === undefined) throw new Error("no roster was made");
  await updateRosterVersions(transaction, [bumped], removal);
  return bumped;
}

/** The first roster of a new conversation, in the transaction that makes it and holds its members' accounts. */
export async function addRoster(transaction: Queries, id: ConversationId): Promise<BumpedRoster> {
  const [first] = await addRosters(transaction, [{ conversationId: id, version: 1n }]);
  if (first === undefined) throw new Error("no roster was made");
  return first;
}

async function addRosters(
  transaction: Queries,
  versions: readonly RosterVersion[],
): Promise<readonly BumpedRoster[]> {
  // A statement of its own: only now, behind the locks, does it see what others committed about the other members.
  const ids = versions.map((version) => version.conversationId);
  const rows = await selectActiveDevices(transaction, ids);
  const devices = Map.groupBy(rows, (row) => row.conversation_id.toString("hex"));
  const rosters = versions.map((version) => {
    const slots = (devices.get(toHex(version.conversationId)) ?? []).map((row) => ({
      accountId: accountId(row.account_id),
      deviceId: deviceId(row.device_id),
    }));
    if (slots.length > MAX_ROSTER_DEVICES) {
      throw new RelayError(
        ErrorReason.QUOTA_EXCEEDED,
        `a conversation has at most ${MAX_ROSTER_DEVICES} devices`,
      );
    }
    const hash = rosterHash(version.conversationId, Number(version.version), slots);
    return { ...version, devices: slots, hash };
  });
  await insertRosters(transaction, rosters);
  return rosters;
}
