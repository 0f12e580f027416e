import pg from "pg";
import type { Database } from "./pool.ts";

/** Pages of 8 KiB are what a full disk lacks: a row that fits into a page that is there proves nothing. */
const TRIAL_BYTES = 1024 * 1024;

/** insufficient_privilege */
const FORBIDDEN = "42501";

/** Takes a megabyte of the database's disk and gives it back. Rejects with what stands against it. */
export async function tryToStore(database: Database): Promise<void> {
  try {
    await takeAndGiveBack(database);
  } catch (error) {
    // The operator lets us make no temporary tables. So those who send will show it.
    if (!(error instanceof pg.DatabaseError && error.code === FORBIDDEN)) throw error;
  }
}

async function takeAndGiveBack(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query("create temporary table trial (page bytea) on commit drop");
    await transaction.query("alter table trial alter page set storage external");
    await transaction.query("insert into trial select decode(repeat('5a', $1::int4), 'hex')", [TRIAL_BYTES]);
  });
}
