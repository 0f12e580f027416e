import { type Database, statement } from "./database.ts";

/** How many unreadable envelopes are kept aside; the oldest go first. */
const MAX_QUARANTINED = 256;

interface Quarantined {
  readonly position: number;
  readonly envelope: Uint8Array;
  readonly wrap: Uint8Array;
  readonly cause: string;
}

export function keepAside(db: Database, kept: Quarantined, now: number): void {
  statement<unknown[], never>(db, "insert into quarantine values (?, ?, ?, ?, ?)").run(
    kept.position,
    kept.envelope,
    kept.wrap,
    kept.cause,
    now,
  );
  statement<[number], never>(
    db,
    "delete from quarantine where position in (select position from quarantine order by position desc limit -1 offset ?)",
  ).run(MAX_QUARANTINED);
}
