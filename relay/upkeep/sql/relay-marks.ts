import type { Queries } from "../../db/pool.ts";

export type StoredMark = {
  readonly mark: bigint;
  readonly place: string;
};

export async function selectMark(db: Queries, folderId: Uint8Array): Promise<StoredMark | undefined> {
  const { rows } = await db.query<StoredMark>(
    `select mark, place
    from relay_marks
    where folder_id = $1::bytea`,
    [folderId],
  );
  return rows[0];
}

/** Moves the mark on, beyond the given one too. Returns where it is now; relays that share a folder share it. */
export async function moveMark(
  db: Queries,
  folderId: Uint8Array,
  { beyond, place }: { readonly beyond: number; readonly place: string },
): Promise<number> {
  const { rows } = await db.query<{ mark: bigint }>(
    `insert into relay_marks (folder_id, mark, place)
    values ($1::bytea, $2::int8 + 1, $3::text)
    on conflict (folder_id) do update
    set mark = greatest(relay_marks.mark, $2::int8) + 1, place = excluded.place
    returning mark`,
    [folderId, beyond, place],
  );
  return Number(rows[0]?.mark ?? 0n);
}
