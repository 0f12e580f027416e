import fc from "fast-check";
import { expect, test } from "vitest";
import { offsetAt, placeOf, rowsOf, shownOn } from "./composer-rows.ts";

function shown(text: string, width: number): string[] {
  return rowsOf(text, width).map((row) => shownOn(text, row));
}

test.each([
  ["", 10, [""]],
  ["one two three", 8, ["one two ", "three"]],
  ["one\n\ntwo", 8, ["one", "", "two"]],
  ["abcdefghij", 4, ["abcd", "efgh", "ij"]],
  ["x abcdefghij", 4, ["x ", "abcd", "efgh", "ij"]],
  ["漢字漢字漢", 5, ["漢字", "漢字", "漢"]],
  ["abcd efg", 4, ["abcd", " efg"]],
  ["漢", 1, ["漢"]],
  ["\ta", 8, ["    a"]],
])("%j at %d", (text, width, rows) => {
  expect(shown(text, width)).toEqual(rows);
});

test("what a terminal could obey is shown as a picture, and takes the cells of that", () => {
  expect(shown("a\u001b[2J\u202e", 20)).toEqual(["a␛[2J\\u{202e}"]);
  expect(rowsOf("a\u001b\u202e", 20)[0]?.cells).toBe(10);
});

const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...["a", "bc ", " ", "\n", "漢", "👍🏽", "e\u0301", "\t", "\u001b", "\u202e", "🇫🇷", "\u200d"],
      ),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 80 },
  )
  .map((parts) => parts.join("").replaceAll("\r", ""));
const widths = fc.constantFrom(1, 2, 3, 8, 30);

test("all of the text is on some row, in order, and no row is wider than it may be", () => {
  fc.assert(
    fc.property(texts, widths, (text, width) => {
      const rows = rowsOf(text, width);
      let expected = 0;
      for (const { from, to, wraps, cells } of rows) {
        expect(from).toBe(expected);
        expected = wraps ? to : to + 1;
        // One character may be wider than the row.
        const isOne = [...new Intl.Segmenter().segment(text.slice(from, to))].length === 1;
        if (!isOne) expect(cells).toBeLessThanOrEqual(width);
      }
      expect(expected).toBe(text.length + 1);
    }),
    { numRuns: 500 },
  );
});

test("a text that was changed has the rows that it would have had anew", () => {
  fc.assert(
    fc.property(texts, texts, texts, texts, widths, (before, removed, inserted, after, width) => {
      rowsOf(before + removed + after, width);
      const changed = rowsOf(before + inserted + after, width);
      rowsOf("", width + 1);
      expect(changed).toEqual(rowsOf(before + inserted + after, width));
    }),
    { numRuns: 500 },
  );
});

test("an offset and its place lead to each other", () => {
  fc.assert(
    fc.property(texts, widths, (text, width) => {
      const rows = rowsOf(text, width);
      for (const { index } of new Intl.Segmenter().segment(text)) {
        const { row, column } = placeOf(text, rows, index);
        const found = rows[row];
        expect(found).toBeDefined();
        // Nothing that takes no cells can be told from what stands before it by its column.
        if (found !== undefined) expect(offsetAt(text, found, column)).toBeGreaterThanOrEqual(index);
      }
    }),
    { numRuns: 200 },
  );
});

test("a key in a text as long as a message can be costs a few milliseconds", () => {
  const long = "漢字かな".repeat(5_400);
  rowsOf(long, 80);
  const began = performance.now();
  for (let key = 1; key <= 20; key++) rowsOf(long + "x".repeat(key), 80);
  expect((performance.now() - began) / 20).toBeLessThan(16);
});
