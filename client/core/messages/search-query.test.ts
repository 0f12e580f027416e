import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatError } from "../chat-error.ts";
import { joinFilters, parseSearchQuery } from "./search-query.ts";

const word = (text: string, isPrefix = false) => ({ text, isPrefix });

function refusal(query: string): string | undefined {
  try {
    parseSearchQuery(query);
  } catch (error) {
    if (error instanceof ChatError) return `${error.code}: ${error.message} ${error.hint}`;
    throw error;
  }
  return undefined;
}

test("words, phrases, stars and filters are told apart", () => {
  expect(parseSearchQuery('deploy "went wrong" pref* from:alice IN:#ops before:2026-11-20 after:2d')).toEqual(
    {
      terms: [word("deploy"), word("went wrong"), word("pref*", true)],
      filters: { from: "alice", in: "#ops", before: "2026-11-20", after: "2d" },
    },
  );
  expect(parseSearchQuery('"half a wor"*').terms).toEqual([word("half a wor", true)]);
});

test("what only looks like a filter or an operator is text", () => {
  const query = 'https://sotto.example NOT (a:b) "from:alice" -x';
  expect(parseSearchQuery(query)).toEqual({
    terms: ["https://sotto.example", "NOT", "(a:b)", "from:alice", "-x"].map((text) => word(text)),
    filters: {},
  });
});

test("a query that means nothing is refused with a hint", () => {
  expect(refusal('say "hello')).toBe(
    'bad_input: A quote is not closed. Write "the exact words", or leave the quote out.',
  );
  for (const query of ["", "  ", "* !", "from:alice", '""', "👍"]) {
    expect(refusal(query), query).toContain("There is no word to search for.");
  }
  expect(refusal("a from:")).toContain("from: stands without a value.");
  expect(refusal("a from:bob from:carol")).toContain("from is given twice.");
  expect(refusal("a ".repeat(40))).toContain("too many words");
  expect(refusal("a".repeat(1_001))).toContain("too long");
});

test("a filter counts once, in the query or beside it", () => {
  expect(joinFilters({ from: "alice" }, { in: "ops" })).toEqual({ from: "alice", in: "ops" });
  expect(() => joinFilters({ from: "alice" }, { from: "bob" })).toThrow("from is given twice.");
});

test("any text is read or refused as bad input", () => {
  const unit = fc.constantFrom('"', "*", ":", " ", "from:", "a", "é", "\0", "\ud800", "before:2d", "-", "(");
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: "binary" })), (query) => {
      expect(refusal(query) ?? "bad_input: ").toMatch(/^bad_input: /);
    }),
  );
});
