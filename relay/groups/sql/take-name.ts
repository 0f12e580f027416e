import type { Queries } from "../../db/pool.ts";

/** False: another room has the name, or once had it. */
export async function takeName(
  transaction: Queries,
  conversationId: Uint8Array,
  name: string,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `insert into room_names as held (name, conversation_id)
    values ($1::text, $2::bytea)
    on conflict (name) do update
    set conversation_id = excluded.conversation_id
    where held.conversation_id = excluded.conversation_id`,
    [name, conversationId],
  );
  return (rowCount ?? 0) > 0;
}
