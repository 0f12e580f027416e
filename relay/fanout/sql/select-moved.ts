import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type MovedRow = {
  readonly account_id: Buffer;
  readonly conversation_id: Buffer;
  readonly head: bigint;
  readonly roster_version: bigint;
};

/**
 * Conversations of these accounts that were changed since a mark (select-relays.ts), or that they have left or come to
 * since. PostgreSQL knows which transaction wrote each row: nothing has to be kept for that, and nothing more be written
 * with each message. Rows that were changed shortly before are found too.
 */
export async function selectMoved(
  db: Queries,
  accountIds: readonly Uint8Array[],
  since: string,
): Promise<MovedRow[]> {
  const { rows } = await db.query<MovedRow>({
    name: "select-moved",
    text: `select
      member.account_id,
      conversations.conversation_id,
      conversations.head,
      conversations.roster_version
    from unnest($1::bytea[]) as live (account_id)
    join conversation_members as member using (account_id)
    join conversations using (conversation_id)
    where (age(conversations.xmin) between 0 and age($2::text::xid8::xid) and member.end_sequence is null)
      or age(member.xmin) between 0 and age($2::text::xid8::xid)`,
    values: [byteaArray(accountIds), since],
  });
  return rows;
}
