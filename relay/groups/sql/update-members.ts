import { byteaArray, int8Array } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/** Ends the membership of these accounts: what they may read ends with that row, and with that roster. */
export async function endMembers(
  transaction: Queries,
  conversationId: Uint8Array,
  accountIds: readonly Uint8Array[],
  end: { readonly sequence: bigint; readonly roster: bigint },
): Promise<void> {
  await transaction.query(
    `update conversation_members
    set end_sequence = $3::int8, end_roster = $4::int8
    where conversation_id = $1::bytea
      and account_id = any($2::bytea[])`,
    [conversationId, byteaArray(accountIds), end.sequence, end.roster],
  );
}

export async function updateRoles(
  transaction: Queries,
  conversationId: Uint8Array,
  members: readonly { readonly accountId: Uint8Array; readonly role: number }[],
): Promise<void> {
  await transaction.query(
    `update conversation_members
    set role = changed.role::int2
    from unnest($2::bytea[], $3::int8[]) as changed (account_id, role)
    where conversation_members.conversation_id = $1::bytea
      and conversation_members.account_id = changed.account_id`,
    [
      conversationId,
      byteaArray(members.map(({ accountId }) => accountId)),
      int8Array(members.map(({ role }) => role)),
    ],
  );
}
