import {
  type AccountId,
  type ActiveDevice,
  type ChainHead,
  type ChainState,
  type EntryContent,
  equal,
  MAX_ACTIVE_DEVICES,
  MAX_ENTRIES,
  readEntry,
  verifyChain,
} from "../../keys/public.ts";
import type { Database } from "../db/pool.ts";
import { ErrorReason, RelayError, unknownAccount } from "../errors.ts";
import type { Bus } from "../fanout/bus.ts";
import { deviceKey } from "../fanout/committed-row.ts";
import { bumpRosters } from "../messaging/bump-rosters.ts";
import { deletePrekeysOfInactive } from "./sql/delete-prekeys.ts";
import { insertChainEntry } from "./sql/insert-chain-entry.ts";
import { isDeleted } from "./sql/is-deleted.ts";
import { lockChainHead } from "./sql/lock-chain-head.ts";
import { selectChainEntries } from "./sql/select-chain-entries.ts";
import { upsertDevices } from "./sql/upsert-devices.ts";

/**
 * The chain is verified before anything is locked; the head, compared again under the lock, says whether that still
 * counts. Everything that follows from the entry is in its transaction: devices, prekeys, rosters.
 */
export async function appendAccountEntry(
  db: Database,
  bus: Bus,
  request: { readonly entry: Uint8Array },
  account: AccountId,
) {
  const entry = readEntry(request.entry);
  const held = await selectChain(db, account);
  if (held === undefined) throw unknownAccount();
  if (equal(held.head.hash, entry.hash)) return answer(held.head);
  if (entry.sequence !== held.head.sequence + 1 || !equal(entry.previous, held.head.hash)) throw headMoved();
  checkQuota(held, entry.content);
  const chain = verifyChain([request.entry], held);

  const moved = await db.transaction(async (transaction) => {
    const head = await lockChainHead(transaction, account);
    if (head === undefined || equal(head, chain.head.hash)) return [];
    if (await isDeleted(transaction, account)) throw unknownAccount();
    if (!equal(head, held.head.hash)) throw headMoved();
    await insertChainEntry(transaction, account, chain.head, request.entry);
    await upsertDevices(transaction, account, deviceRecords(chain));
    await deletePrekeysOfInactive(transaction, account);
    const removal = entry.content.type === "revoke" || entry.content.type === "override";
    return bumpRosters(transaction, account, removal, withoutThose(chain.devices, held.devices));
  });

  for (const { deviceId } of withoutThose(held.devices, chain.devices)) {
    bus.publish({ kind: "removed", accountId: chain.accountId, deviceId });
  }
  for (const { conversationId, devices } of moved) {
    const keys = devices.map((device) => deviceKey(device.accountId, device.deviceId));
    bus.publish({ kind: "moved", conversationId, devices: keys });
  }
  return answer(chain.head);
}

async function selectChain(db: Database, account: AccountId): Promise<ChainState | undefined> {
  const position = { accountId: account, entriesHeld: 0n };
  const [row] = await selectChainEntries(db, [position], Number.MAX_SAFE_INTEGER);
  return row === undefined ? undefined : verifyChain(row.entries);
}

/** `verifyChain` refuses these too, but as if somebody had signed what he may not. */
function checkQuota(chain: ChainState, content: EntryContent): void {
  if (chain.head.sequence + 1 >= MAX_ENTRIES) {
    throw new RelayError(ErrorReason.QUOTA_EXCEEDED, `an account chain has at most ${MAX_ENTRIES} entries`);
  }
  if (content.type === "add" && chain.devices.length >= MAX_ACTIVE_DEVICES) {
    throw new RelayError(
      ErrorReason.QUOTA_EXCEEDED,
      `an account has at most ${MAX_ACTIVE_DEVICES} active devices`,
    );
  }
}

function deviceRecords(chain: ChainState) {
  return chain.formerAndActive.map((device) => {
    const active = chain.devices.find(({ deviceId }) => equal(deviceId, device.deviceId));
    return {
      deviceId: device.deviceId,
      signingKey: device.signingKey,
      active: active !== undefined,
      // The sequence of a device that is in the table already is not touched.
      addedSequence: active?.addedSequence ?? chain.head.sequence,
    };
  });
}

function withoutThose(devices: readonly ActiveDevice[], others: readonly ActiveDevice[]): ActiveDevice[] {
  return devices.filter((device) => !others.some(({ deviceId }) => equal(deviceId, device.deviceId)));
}

function answer({ sequence, hash }: ChainHead) {
  return { head: { sequence: BigInt(sequence), hash } };
}

function headMoved(): RelayError {
  return new RelayError(ErrorReason.HEAD_MOVED, "the entry does not follow the head of the chain");
}
