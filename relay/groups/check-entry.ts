import {
  applyMembershipEntry,
  type ChainState,
  equal,
  findDevice,
  KeysError,
  type MembershipEntry,
  type MembershipState,
  verifyChain,
} from "../../keys/public.ts";
import type { Queries } from "../db/pool.ts";
import { selectChainEntries } from "../directory/sql/select-chain-entries.ts";
import { ErrorReason, notPermitted, RelayError, unknownAccount } from "../errors.ts";

/** The signer's chain, which the transaction holds. His device is active in it now, not only at the head it names. */
export async function selectSigner(
  transaction: Queries,
  { signer: { accountId, deviceId } }: MembershipEntry,
): Promise<ChainState> {
  const position = { accountId, entriesHeld: 0n };
  const [row] = await selectChainEntries(transaction, [position], Number.MAX_SAFE_INTEGER);
  if (row === undefined) throw unknownAccount();
  const chain = verifyChain(row.entries);
  if (findDevice(chain, deviceId) === undefined) {
    throw new RelayError(ErrorReason.BAD_SIGNATURE, "signed by a device that is not active");
  }
  return chain;
}

/** The state after the entry. Throws NOT_PERMITTED for what the rules refuse, where `keys/` knows one error for both. */
export function checkEntry(
  before: MembershipState | undefined,
  { bytes, signer }: MembershipEntry,
  chain: ChainState,
): MembershipState {
  try {
    return applyMembershipEntry(before, bytes, (account) =>
      equal(account, signer.accountId) ? chain : undefined,
    );
  } catch (error) {
    if (error instanceof KeysError && error.code === "not_permitted") throw notPermitted(error.message);
    throw error;
  }
}
