// An account ends: nobody gets in any more, nobody is shown it, nothing is sealed for its devices. What it wrote to others
// is theirs and stays until it is too old; its chain stays, since they check by it what they have.
import { type AccountId, deviceId } from "../../keys/public.ts";
import type { Database } from "../db/pool.ts";
import { lockChainHead } from "../directory/sql/lock-chain-head.ts";
import { unknownAccount } from "../errors.ts";
import type { BusEvent } from "../fanout/bus.ts";
import { deviceKey } from "../fanout/committed-row.ts";
import { bumpRosters } from "../messaging/bump-rosters.ts";
import { buryAccount } from "./sql/bury-account.ts";
import { selectDeletable } from "./sql/select-deletable.ts";

export interface Deletion {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Let somebody else register the name. Otherwise it is nobody's for ever, so that nobody passes for who was here. */
  readonly freeName?: boolean;
}

/**
 * Deletes an account in one transaction. Returns what connected devices have to hear, for the bus of the caller's process.
 * Idempotent: once more changes nothing but the name. Throws UNKNOWN_ACCOUNT.
 */
export async function deleteAccount(
  database: Database,
  account: AccountId,
  { now, freeName = false }: Deletion,
): Promise<readonly BusEvent[]> {
  return database.transaction(async (transaction) => {
    if ((await lockChainHead(transaction, account)) === undefined) throw unknownAccount();
    const before = await selectDeletable(transaction, account);
    if (before === undefined) throw unknownAccount();
    await buryAccount(transaction, account, { now, freeName });
    if (before.deleted_at !== null) return [];
    const bumped = await bumpRosters(transaction, account, true);
    return [
      ...before.devices.map((device): BusEvent => {
        return { kind: "removed", accountId: account, deviceId: deviceId(device) };
      }),
      ...bumped.map(({ conversationId, devices }): BusEvent => {
        const keys = devices.map((device) => deviceKey(device.accountId, device.deviceId));
        return { kind: "moved", conversationId, devices: keys };
      }),
    ];
  });
}
