import type { AccountId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** Words that stand one after the other; with `isPrefix` the last may go on. */
export interface SearchTerm {
  readonly text: string;
  readonly isPrefix: boolean;
}

export interface TextSearch {
  /** A text matches that has all of them; without any, none does. */
  readonly terms: readonly SearchTerm[];
  readonly conversation?: number;
  readonly from?: AccountId;
  /** Received, or sent, before that; and since then. Milliseconds since 1970. */
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
}

export interface TextFound {
  readonly position: number;
  /** The part of the text around the words, which stand between the marks. */
  readonly snippet: string;
}

/** What begins and ends a word that was found. */
export interface Marks {
  readonly open: string;
  readonly close: string;
}

const SNIPPET_WORDS = 12;

/**
 * Those that came to be known last come first. FTS5 walks the index in that order and stops at the limit; `cross join`
 * keeps the planner from walking the messages instead.
 */
export function findTexts(db: Database, search: TextSearch, marks: Marks): TextFound[] {
  const { conversation, from, before, after, limit } = search;
  if (search.terms.length === 0) return [];
  const conditions = ["message_search match ?", "messages.kind <> 'silent'"];
  const values: (string | number | Uint8Array)[] = [marks.open, marks.close, matchOf(search.terms)];
  const where = (condition: string, value: number | Uint8Array | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where("messages.conversation = ?", conversation);
  where("messages.account_id = ?", from);
  where("coalesce(messages.received_at, messages.sent_at) < ?", before);
  where("coalesce(messages.received_at, messages.sent_at) >= ?", after);
  return statement<(string | number | Uint8Array)[], TextFound>(
    db,
    `select messages.position, snippet(message_search, 0, ?, ?, '…', ${SNIPPET_WORDS}) as snippet
     from message_search cross join messages on messages.position = message_search.rowid
     where ${conditions.join(" and ")} order by message_search.rowid desc limit ?`,
  ).all(...values, limit);
}

/** FTS5's own language, of which only quoted strings are used: nothing in them has a meaning but the quote. */
function matchOf(terms: readonly SearchTerm[]): string {
  return terms
    .map(({ text, isPrefix }) => {
      // FTS5 reads up to the first NUL; to the tokenizer any control character is as good as a space.
      const quoted = `"${text.replaceAll("\0", " ").replaceAll('"', '""')}"`;
      return isPrefix ? `${quoted}*` : quoted;
    })
    .join(" ");
}
