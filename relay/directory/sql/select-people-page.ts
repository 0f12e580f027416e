import type { Queries } from "../../db/pool.ts";
import type { PersonRow } from "./select-people.ts";

/** People behind a name, in the order of their names, without those whose account is disabled. */
export async function selectPeoplePage(db: Queries, after: string, size: number): Promise<PersonRow[]> {
  const { rows } = await db.query<PersonRow>(
    `select account_id, name, registered_at
    from accounts
    where name > $1::text
      and disabled_at is null
      and deleted_at is null
    order by name
    limit $2::int4`,
    [after, size],
  );
  return rows;
}
