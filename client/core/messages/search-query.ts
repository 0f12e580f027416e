import type { SearchTerm } from "../../store/search.ts";
import { ChatError } from "../chat-error.ts";

/** What a person typed to search for: words, and what narrows it down, as written. */
export interface SearchQuery {
  readonly terms: readonly SearchTerm[];
  readonly filters: SearchFilters;
}

/** `from:` and `in:` are names, `before:` and `after:` times, none of them looked up yet. */
export type SearchFilters = Partial<Readonly<Record<FilterName, string>>>;
type FilterName = "from" | "in" | "before" | "after";

/** Longer is a mistake, such as a pasted text. */
const LONGEST_QUERY = 1_000;
const MOST_TERMS = 32;

const filter = /^(from|in|before|after):(.*)$/is;
const searchable = /[\p{L}\p{N}]/u;
/** A phrase, with a star or not; else all up to the next white space or quote. */
const piece = /"(?<phrase>[^"]*)"(?<star>\*?)|(?<word>[^\s"]+)|(?<stray>")/gu;

/**
 * Reads `deploy "went wrong" pref* from:alice in:ops before:2026-11-20 after:2d`. Only words, phrases, a star at the
 * end, and the four filters mean something; anything else is text. Throws `bad_input`.
 */
export function parseSearchQuery(text: string): SearchQuery {
  if (text.length > LONGEST_QUERY) throw bad("The query is too long.", "A few words are enough.");
  const terms: SearchTerm[] = [];
  const filters: Partial<Record<FilterName, string>> = {};
  for (const { groups = {} } of text.matchAll(piece)) {
    const { phrase, star, word, stray } = groups;
    if (stray !== undefined)
      throw bad("A quote is not closed.", 'Write "the exact words", or leave the quote out.');
    const [, name, value] = filter.exec(word ?? "") ?? [];
    if (name !== undefined && value !== undefined) {
      setFilter(filters, name.toLowerCase() as FilterName, value);
    } else {
      const isPrefix = phrase === undefined ? (word?.endsWith("*") ?? false) : star === "*";
      const words = phrase ?? word ?? "";
      // The index holds letters and digits only.
      if (searchable.test(words)) terms.push({ text: words, isPrefix });
    }
  }
  if (terms.length === 0) {
    throw bad(
      "There is no word to search for.",
      "Give at least one with a letter or digit; `chat read NAME` prints the newest messages without any.",
    );
  }
  if (terms.length > MOST_TERMS) throw bad("The query has too many words.", "A few words are enough.");
  return { terms, filters };
}

function setFilter(filters: Partial<Record<FilterName, string>>, name: FilterName, value: string): void {
  if (value === "")
    throw bad(`${name}: stands without a value.`, `Write it without a space: ${name}:${examples[name]}`);
  if (filters[name] !== undefined) throw givenTwice(name);
  filters[name] = value;
}

const examples: Record<FilterName, string> = {
  from: "alice",
  in: "bob",
  before: "2026-11-20",
  after: "2d",
};

/** The filters of a query together with those given beside it, each once. Throws `bad_input`. */
export function joinFilters(one: SearchFilters, other: SearchFilters): SearchFilters {
  for (const name of ["from", "in", "before", "after"] as const) {
    if (one[name] !== undefined && other[name] !== undefined) throw givenTwice(name);
  }
  return { ...one, ...other };
}

function givenTwice(name: FilterName): ChatError {
  return bad(`${name} is given twice.`, "Each filter counts once.");
}

function bad(message: string, hint: string): ChatError {
  return new ChatError("bad_input", message, { hint });
}
