import { type Database, statement } from "./database.ts";

/** Recovery words that their owner does not have yet; gone once he has them. */
export function readRecoveryWords(db: Database): string[] | undefined {
  const row = statement<[], { words: string }>(db, "select words from recovery_words").get();
  return row?.words.split(" ");
}

export function saveRecoveryWords(db: Database, words: readonly string[]): void {
  statement<[string], never>(db, "insert or replace into recovery_words values (1, ?)").run(words.join(" "));
}

/** `secure_delete` overwrites them in the database file. */
export function forgetRecoveryWords(db: Database): void {
  statement<[], never>(db, "delete from recovery_words").run();
}
