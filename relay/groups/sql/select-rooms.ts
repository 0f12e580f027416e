import type { Queries } from "../../db/pool.ts";

export type RoomRow = {
  readonly conversation_id: Buffer;
  readonly name: string;
  readonly members: number;
  readonly created_at: bigint;
};

/** Rooms behind a name, in byte order of their names; `only`: the one of that name. */
export async function selectRooms(
  db: Queries,
  { after, only, size }: { readonly after: string; readonly only: string | null; readonly size: number },
): Promise<RoomRow[]> {
  const { rows } = await db.query<RoomRow>(
    `select
      memberships.conversation_id,
      memberships.name,
      (
        select count(*)::int4
        from conversation_members
        where conversation_members.conversation_id = memberships.conversation_id
          and conversation_members.end_sequence is null
      ) as members,
      conversations.opened_at as created_at
    from memberships
    join conversations using (conversation_id)
    where memberships.name > $1::text
      and memberships.name >= coalesce($2::text, '')
      -- of none: behind all names, in byte order
      and memberships.name <= coalesce($2::text, U&'\\+10FFFF')
    order by memberships.name
    limit $3::int4`,
    [after, only, size],
  );
  return rows;
}
