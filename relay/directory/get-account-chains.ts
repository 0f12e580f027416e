import { accountId } from "../../keys/public.ts";
import type { GetAccountChainsRequest } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed, unknownAccount } from "../errors.ts";
import { MAX_CHAIN_BYTES, MAX_CHAINS } from "./limits.ts";
import { selectChainEntries } from "./sql/select-chain-entries.ts";

export async function getAccountChains(db: Queries, { positions }: GetAccountChainsRequest) {
  if (positions.length > MAX_CHAINS) throw malformed(`at most ${MAX_CHAINS} accounts`);
  const wanted = positions.map((position) => ({
    accountId: accountId(position.accountId),
    // No chain is that long: whoever says so holds all there is.
    entriesHeld: position.entriesHeld > 0xffffn ? 0xffffn : position.entriesHeld,
  }));
  const rows = await selectChainEntries(db, wanted, MAX_CHAIN_BYTES);
  if (rows.length < wanted.length) throw unknownAccount();
  return {
    chains: rows.map((row, index) => ({
      accountId: wanted[index]?.accountId ?? new Uint8Array(),
      entries: row.entries,
      head: { sequence: row.head_sequence, hash: row.head_hash },
    })),
  };
}
