import type { Queries } from "../../db/pool.ts";

/** What was stored before that day is gone. */
export async function deleteStored(db: Queries, firstDay: number): Promise<void> {
  await db.query({
    name: "delete-stored",
    text: "delete from stored_by_day where day < $1::int4",
    values: [firstDay],
  });
}
