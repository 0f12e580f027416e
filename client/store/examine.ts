// What can be said of a profile's database as a whole.
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { migrations } from "./migrations/index.ts";
import { StoreError } from "./store-error.ts";

/** Reads every page, and looks that tables and indexes fit: seconds for a large profile. What does not fit, at most five. */
export function findDamage(db: Database): string[] {
  try {
    const found = db.pragma("quick_check(5)") as { quick_check: string }[];
    return found.map((row) => row.quick_check).filter((text) => text !== "ok");
  } catch (error) {
    const failure = StoreError.from(error);
    if (failure.code === "busy" || failure.code === "cannot_write") throw failure;
    return [failure.message];
  }
}

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = migrations.length;

export interface OutboxState {
  readonly waiting: number;
  /** Milliseconds since 1970; undefined: nothing waits. */
  readonly oldest: number | undefined;
  readonly failed: number;
}

/** Of messages that people wrote. */
export function outboxState(db: Database): OutboxState {
  const row = statement<[], { waiting: number; oldest: number | null; failed: number }>(
    db,
    `select count(*) as waiting, min(sent_at) as oldest,
       (select count(*) from messages where state = 'failed' and kind = 'text') as failed
     from outbox join messages using (position) where purpose = 'message'`,
  ).get();
  return { waiting: row?.waiting ?? 0, oldest: row?.oldest ?? undefined, failed: row?.failed ?? 0 };
}

/** How many messages could not be read, by the trouble that was kept with them. */
export function countUnreadable(db: Database, since: number): { code: string; count: number }[] {
  return statement<[number], { code: string; count: number }>(
    db,
    `select trouble_code as code, count(*) as count from messages
     where kind = 'unreadable' and trouble_code is not null and received_at >= ?
     group by trouble_code order by count desc`,
  ).all(since);
}
