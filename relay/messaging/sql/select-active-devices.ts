import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type MemberDeviceRow = {
  readonly conversation_id: Buffer;
  readonly account_id: Buffer;
  readonly device_id: Buffer;
};

/** The active devices of all members of these conversations, but for those that have lapsed. */
export async function selectActiveDevices(
  transaction: Queries,
  conversationIds: readonly Uint8Array[],
): Promise<MemberDeviceRow[]> {
  const { rows } = await transaction.query<MemberDeviceRow>(
    `select conversation_members.conversation_id, devices.account_id, devices.device_id
    from conversation_members
    join devices using (account_id)
    where conversation_members.conversation_id = any($1::bytea[])
      and conversation_members.end_sequence is null
      and devices.active
      and devices.lapsed_at is null
    order by conversation_members.conversation_id, devices.account_id, devices.device_id`,
    [byteaArray(conversationIds)],
  );
  return rows;
}
