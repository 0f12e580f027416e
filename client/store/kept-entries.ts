import { type Database, statement } from "./database.ts";

/** `sequence`: its number among the entries of the group. The newest of that number stays. */
export function keepEntry(db: Database, conversation: number, sequence: number, entry: Uint8Array): void {
  statement<[number, number, Uint8Array], never>(
    db,
    "insert or replace into kept_entries (conversation, sequence, entry) values (?, ?, ?)",
  ).run(conversation, sequence, entry);
}

export function readKeptEntry(db: Database, conversation: number, sequence: number): Uint8Array | undefined {
  const row = statement<[number, number], { entry: Uint8Array }>(
    db,
    "select entry from kept_entries where conversation = ? and sequence = ?",
  ).get(conversation, sequence);
  return row && new Uint8Array(row.entry);
}
