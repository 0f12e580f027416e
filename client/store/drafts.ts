import { type Database, statement } from "./database.ts";

export interface StoredDraft {
  readonly name: string;
  readonly text: string;
  readonly revision: number;
}

/** Those that were written after this revision, in the order of writing. */
export function readDraftsAfter(db: Database, revision: number): StoredDraft[] {
  return statement<[number], StoredDraft>(
    db,
    "select name, text, revision from drafts where revision > ? order by revision",
  ).all(revision);
}

export function saveDraft(db: Database, name: string, text: string): void {
  statement<[string, string], never>(
    db,
    `insert into drafts (name, text, revision)
     values (?, ?, (select coalesce(max(revision), 0) + 1 from drafts))
     on conflict (name) do update set text = excluded.text, revision = excluded.revision`,
  ).run(name, text);
}
