// A device that is silent for long costs every sender a wrap in every message, and nobody knows whether it still exists.
import { type AccountId, accountId, type DeviceId } from "../../keys/public.ts";
import type { Database } from "../db/pool.ts";
import { lockChainHead } from "../directory/sql/lock-chain-head.ts";
import { ErrorReason, RelayError } from "../errors.ts";
import type { Bus } from "../fanout/bus.ts";
import { deviceKey } from "../fanout/committed-row.ts";
import { type BumpedRoster, bumpRosters } from "../messaging/bump-rosters.ts";
import { LAPSES_A_BATCH, SEEN_EVERY_MS } from "./limits.ts";
import { lapseDevice, type SilentDevice, selectSilentDevices } from "./sql/lapse-device.ts";
import { seeDevice, selectSeen } from "./sql/see-device.ts";

/** Takes devices that were last seen before out of the rosters, a few at a time. Returns how many; 0 when there are none. */
export async function lapseSilent(
  database: Database,
  bus: Bus,
  { now, before }: { readonly now: number; readonly before: number },
): Promise<number> {
  const silent = await selectSilentDevices(database, before, LAPSES_A_BATCH);
  let failure: { readonly error: unknown } | undefined;
  for (const device of silent) {
    try {
      tell(bus, await lapse(database, device, { now, before }));
    } catch (error) {
      // One that cannot lapse must not keep those behind it.
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return silent.length;
}

function lapse(database: Database, device: SilentDevice, times: { now: number; before: number }) {
  const account = accountId(device.account_id);
  return database.transaction(async (transaction) => {
    await lockChainHead(transaction, account);
    if (!(await lapseDevice(transaction, device, times))) return [];
    // No removal: what is sealed for it all the same does no harm.
    return bumpRosters(transaction, account, false);
  });
}

/** Notes that a device is there; one that had lapsed takes part again from now on. */
export async function noteSeen(
  database: Database,
  bus: Bus,
  { accountId: account, deviceId: device }: { readonly accountId: AccountId; readonly deviceId: DeviceId },
  now: number,
): Promise<void> {
  const seen = await selectSeen(database, account, device);
  if (seen === undefined) return;
  if (!seen.lapsed) {
    if (Number(seen.seen_at) <= now - SEEN_EVERY_MS) await seeDevice(database, account, device, now);
    return;
  }
  try {
    const bumped = await database.transaction(async (transaction) => {
      await lockChainHead(transaction, account);
      const hadLapsed = await seeDevice(transaction, account, device, now);
      return hadLapsed ? bumpRosters(transaction, account, false) : [];
    });
    tell(bus, bumped);
  } catch (error) {
    // A group that has filled up meanwhile has no place for it. It stays left out, but may sign in, and leave that group.
    if (!(error instanceof RelayError) || error.reason !== ErrorReason.QUOTA_EXCEEDED) throw error;
  }
}

function tell(bus: Bus, bumped: readonly BumpedRoster[]): void {
  for (const { conversationId, devices } of bumped) {
    const keys = devices.map(({ accountId, deviceId }) => deviceKey(accountId, deviceId));
    bus.publish({ kind: "moved", conversationId, devices: keys });
  }
}
