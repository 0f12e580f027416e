import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export interface Newcomer {
  readonly accountId: Uint8Array;
  readonly role: number;
}

/** Where their reading begins. */
export interface Start {
  readonly sequence: bigint;
  /** The log hash there; null at 0. */
  readonly hash: Uint8Array | null;
  readonly roster: bigint;
}

/** Who comes again reads from there on only, and nothing of the time before. */
export async function upsertMembers(
  transaction: Queries,
  conversationId: Uint8Array,
  newcomers: readonly Newcomer[],
  start: Start,
): Promise<void> {
  await transaction.query(
    `insert into conversation_members (
      conversation_id, account_id, role, start_sequence, start_hash, start_roster
    )
    select $1::bytea, newcomer.account_id, newcomer.role::int2, $4::int8, $5::bytea, $6::int8
    from unnest($2::bytea[], $3::int8[]) as newcomer (account_id, role)
    on conflict (account_id, conversation_id) do update
    set role = excluded.role,
      start_sequence = excluded.start_sequence,
      start_hash = excluded.start_hash,
      start_roster = excluded.start_roster,
      end_sequence = null,
      end_roster = null`,
    [
      conversationId,
      byteaArray(newcomers.map(({ accountId }) => accountId)),
      int8Array(newcomers.map(({ role }) => role)),
      start.sequence,
      start.hash,
      start.roster,
    ],
  );
}
