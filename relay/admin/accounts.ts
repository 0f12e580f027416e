import { accountId, deviceId, toHex } from "../../keys/public.ts";
import { carryEvents } from "../db/carry-events.ts";
import type { Database, Queries } from "../db/pool.ts";
import type { Bus, BusEvent } from "../fanout/bus.ts";
import { StartupError } from "../startup-error.ts";
import { deleteAccount as bury } from "../upkeep/delete-account.ts";
import { selectAccountNamed, selectAccounts, selectDisabledDevices, setDisabled } from "./sql/accounts.ts";

export interface AccountListed {
  readonly name: string;
  /** Hex. */
  readonly account: string;
  readonly registeredAt: number;
  readonly seenAt: number | undefined;
  readonly devices: number;
  readonly disabledAt: number | undefined;
}

const ACCOUNTS_A_PAGE = 1_000;

/** Gives all accounts to `take`, in pages: however many there are, few are held at once. */
export async function listAccounts(
  db: Queries,
  take: (page: readonly AccountListed[]) => void,
  pageSize = ACCOUNTS_A_PAGE,
): Promise<void> {
  for (let after = ""; ; ) {
    const rows = await selectAccounts(db, after, pageSize);
    const page = rows.map((row) => ({
      name: row.name,
      account: toHex(accountId(row.account_id)),
      registeredAt: Number(row.registered_at),
      seenAt: row.seen_at === null ? undefined : Number(row.seen_at),
      devices: Number(row.devices),
      disabledAt: row.disabled_at === null ? undefined : Number(row.disabled_at),
    }));
    if (page.length > 0) take(page);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.name;
  }
}

/**
 * From now on no device of the account is let in, and those that are connected are put out. This and the next two give
 * the account's name, and throw StartupError.
 */
export async function disableAccount(db: Database, given: string, now: number): Promise<string> {
  const { account_id, name } = await find(db, given);
  const devices = await db.transaction((transaction) => setDisabled(transaction, account_id, now));
  await carryEvents(
    db,
    devices.map((device_id) => shutOut({ account_id, device_id })),
  );
  return name;
}

export async function enableAccount(db: Database, given: string): Promise<string> {
  const { account_id, name } = await find(db, given);
  await db.transaction((transaction) => setDisabled(transaction, account_id, null));
  return name;
}

export async function deleteAccount(
  db: Database,
  given: string,
  { now, freeName }: { now: number; freeName: boolean },
): Promise<string> {
  const { account_id, name } = await find(db, given, { alsoDeleted: freeName });
  await carryEvents(db, await bury(db, accountId(account_id), { now, freeName }));
  return name;
}

/** For a relay that may have missed what an operator did. */
export async function putOutDisabled(db: Queries, bus: Pick<Bus, "publish">): Promise<void> {
  for (const device of await selectDisabledDevices(db)) bus.publish(shutOut(device));
}

function shutOut({ account_id, device_id }: { account_id: Buffer; device_id: Buffer }): BusEvent {
  return {
    kind: "removed",
    accountId: accountId(account_id),
    deviceId: deviceId(device_id),
    disabled: true,
  };
}

async function find(db: Queries, given: string, { alsoDeleted = false } = {}) {
  const name = given.replace(/^@/, "").toLowerCase();
  const found = await selectAccountNamed(db, name);
  if (found !== undefined && (alsoDeleted || !found.deleted)) return { ...found, name };
  throw new StartupError(
    "unknown_account",
    found === undefined ? "There is no account of that name." : "The account of that name was deleted.",
    "`chat relay admin accounts` lists them all.",
  );
}
