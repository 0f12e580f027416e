// Deletes of this device whose targets the relay has still to erase, by the message that carries each.
import { type Database, statement } from "./database.ts";

export function addErasure(db: Database, carrier: number): void {
  statement<[number], never>(db, "insert or ignore into erasures (position) values (?)").run(carrier);
}

/** Those of which it is certain what became of the delete, oldest first. */
export function erasuresDue(db: Database): number[] {
  return statement<[], { position: number }>(
    db,
    `select erasures.position from erasures join messages on messages.position = erasures.position
     where messages.state <> 'queued' order by erasures.position`,
  )
    .all()
    .map(({ position }) => position);
}

export function removeErasure(db: Database, carrier: number): void {
  statement<[number], never>(db, "delete from erasures where position = ?").run(carrier);
}
