import type { Queries } from "../../db/pool.ts";

/** First halves of logins that nobody finished in time. Each of these returns how many rows went, at most `limit`. */
export function deleteLoginAttempts(db: Queries, now: number, limit: number): Promise<number> {
  return count(
    db,
    `delete from login_attempts
    where login_id in (
      select login_id
      from login_attempts
      where expires_at < $1::int8
      limit ${limit}
      for update skip locked
    )`,
    [now],
  );
}

/** Families of tokens that ran out before. */
export function deleteTokenFamilies(db: Queries, before: number, limit: number): Promise<number> {
  return count(
    db,
    `delete from token_families
    where family_id in (
      select family_id
      from token_families
      where expires_at < $1::int8
      limit ${limit}
      for update skip locked
    )`,
    [before],
  );
}

async function count(db: Queries, statement: string, values: unknown[]): Promise<number> {
  const { rowCount } = await db.query(statement, values);
  return rowCount ?? 0;
}
