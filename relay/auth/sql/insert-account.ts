import type { ChainState } from "../../../keys/public.ts";
import type { Queries } from "../../db/pool.ts";

export interface NewAccount {
  readonly chain: ChainState;
  readonly genesis: Uint8Array;
  readonly opaqueRecord: string;
  readonly sealedAccountKey: Uint8Array;
  readonly now: number;
}

/** Inside a transaction. False when the name or the id is taken, then nothing has changed. */
export async function insertAccount(queries: Queries, account: NewAccount): Promise<boolean> {
  const { accountId, name, head, devices } = account.chain;
  const { rowCount } = await queries.query(
    `insert into accounts (account_id, name, registered_at, head_sequence, head_hash)
    values ($1, $2, $3, $4, $5)
    on conflict do nothing`,
    [accountId, name, account.now, head.sequence, head.hash],
  );
  if (rowCount === 0) return false;
  await queries.query(
    `insert into account_entries (account_id, sequence, entry, hash)
    values ($1, $2, $3, $4)`,
    [accountId, head.sequence, account.genesis, head.hash],
  );
  for (const device of devices) {
    await queries.query(
      `insert into devices (account_id, device_id, signing_key, active, added_sequence)
      values ($1, $2, $3, true, $4)`,
      [accountId, device.deviceId, device.signingKey, device.addedSequence],
    );
  }
  await queries.query(
    `insert into credentials (account_id, opaque_record, sealed_account_key)
    values ($1, $2, $3)`,
    [accountId, account.opaqueRecord, account.sealedAccountKey],
  );
  return true;
}
