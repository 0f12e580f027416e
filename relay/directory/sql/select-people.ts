import { byteaArray } from "../../db/binary-arrays.ts";
import type { Queries } from "../../db/pool.ts";

export type PersonRow = {
  readonly account_id: Buffer;
  readonly name: string;
  readonly registered_at: bigint;
};

export async function selectPeople(
  db: Queries,
  names: readonly string[],
  accountIds: readonly Uint8Array[],
): Promise<PersonRow[]> {
  const { rows } = await db.query<PersonRow>(
    `select account_id, name, registered_at
    from accounts
    where (name = any($1::text[]) or account_id = any($2::bytea[]))
      and deleted_at is null
    order by name`,
    [names, byteaArray(accountIds)],
  );
  return rows;
}
