import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

/**
 * Lets devices that join an account read its conversations from where they stand now, in the transaction that holds the
 * locks on them. What is empty still has no start: of its first row everybody is told.
 */
export async function insertDeviceStarts(
  transaction: Queries,
  accountId: Uint8Array,
  deviceIds: readonly Uint8Array[],
): Promise<void> {
  await transaction.query(
    `insert into device_starts (account_id, device_id, conversation_id, start_sequence, start_hash)
    select $1::bytea, added.device_id, conversations.conversation_id, conversations.head, conversations.log_hash
    from conversation_members
    join conversations using (conversation_id)
    cross join unnest($2::bytea[]) as added (device_id)
    where conversation_members.account_id = $1::bytea
      and conversations.head > 0`,
    [accountId, byteaArray(deviceIds)],
  );
}
