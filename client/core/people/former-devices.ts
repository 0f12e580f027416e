// What a device wrote before it was signed out, SPEC §8.6.
import {
  type AccountId,
  type ChainState,
  type DeviceId,
  equal,
  findDevice,
  readEntry,
  verifyChain,
} from "../../../keys/index.ts";
import { readAccountEntries } from "../../store/accounts.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { rowNamingHead } from "../../store/heads-in-logs.ts";
import type { Profile } from "../profile.ts";
import { knownChain } from "./account-chains.ts";

/** The entry of the chain that ended the device; undefined: it is active, or never was in. */
export function endedAt(chain: ChainState, device: DeviceId): number | undefined {
  if (findDevice(chain, device) !== undefined) return undefined;
  return chain.spans.findLast((span) => equal(span.device.deviceId, device))?.until ?? undefined;
}

/**
 * The pinned chain of the account, up to the end of the device if it had one: the device is active in it. Undefined where it
 * never was, or where an override says that it was not the owner's.
 */
export function chainWith(profile: Profile, account: AccountId, device: DeviceId): ChainState | undefined {
  const chain = knownChain(profile, account);
  if (chain === undefined || findDevice(chain, device) !== undefined) return chain;
  const end = endedAt(chain, device);
  const entries = readAccountEntries(profile.db, account);
  const ending = end === undefined ? undefined : entries[end];
  if (ending === undefined || readEntry(ending).content.type !== "revoke") return undefined;
  return verifyChain(entries.slice(0, end));
}

/** Whether the log had heard of the device's end before this row. */
export function isAfterItsEnd(
  profile: Profile,
  { conversation, generation }: StoredConversation,
  row: number,
  { sender: accountId, senderDevice }: { readonly sender: AccountId; readonly senderDevice: DeviceId },
): boolean {
  const chain = knownChain(profile, accountId);
  const end = chain && endedAt(chain, senderDevice);
  if (chain === undefined || end === undefined) return false;
  const named = rowNamingHead(profile.db, { conversation, generation, accountId }, end, (head) => {
    const known = chain.hashes[head.sequence];
    return known !== undefined && equal(known, head.hash);
  });
  return named !== undefined && named < row;
}
