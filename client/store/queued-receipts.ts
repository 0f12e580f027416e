import { type Database, statement } from "./database.ts";

/** A receipt about a conversation that waits to be sealed for the one with its author. */
export function hasQueuedReceipt(db: Database, conversation: number, about: number): boolean {
  return (
    statement<[number, number], unknown>(
      db,
      `select 1 from outbox
       where conversation = ? and about = ? and purpose = 'receipt' and envelope is null`,
    ).get(conversation, about) !== undefined
  );
}

/** When the next receipt is due, milliseconds since 1970. */
export function nextReceiptDue(db: Database): number | undefined {
  const row = statement<[], { due: number | null }>(
    db,
    "select min(due_at) as due from outbox where purpose = 'receipt'",
  ).get();
  return row?.due ?? undefined;
}

/** Those that wait for more to tell wait no longer. */
export function hurryReceipts(db: Database): void {
  statement<[], never>(db, "update outbox set due_at = 0 where purpose = 'receipt' and due_at > 0").run();
}
