import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { anyBlock } from "../../../../test/support/transcript.ts";
import { type SafeText, safeBlock, safeText } from "../../../safe-text.ts";
import { graphemes, isNarrow } from "./graphemes.ts";
import { breaks, cells, cut, wrap } from "./text.ts";

const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
const flag = "\u{1f1e8}\u{1f1ed}";

const anyWidth = fc.integer({ min: 1, max: 40 });

test("wide characters, emoji of several, flags and marks are as wide as a terminal draws them", () => {
  expect(cells("abc")).toBe(3);
  expect(cells("漢字")).toBe(4);
  expect(cells(family)).toBe(2);
  expect(cells(flag)).toBe(2);
  expect(cells("e\u0301")).toBe(1);
  expect(cells("שלום")).toBe(4);
});

test("what needs no segmenting is one cell a unit, as string-width says too", () => {
  for (let code = 0x20; code < 0x3000; code++) {
    const character = String.fromCharCode(code);
    if (isNarrow(character)) expect([code, stringWidth(character)]).toEqual([code, 1]);
  }
  fc.assert(
    fc.property(anyBlock, (text) => {
      if (isNarrow(text)) expect(stringWidth(text)).toBe(text.length);
    }),
  );
});

test("graphemes put together are the text, and their cells what string-width says of all of it", () => {
  fc.assert(
    fc.property(anyBlock, (text) => {
      const all = [...graphemes(text)];
      expect(all.map((each) => each.text).join("")).toBe(text);
      expect(all.reduce((sum, each) => sum + each.cells, 0)).toBe(stringWidth(text));
      expect(cells(text)).toBe(stringWidth(text));
    }),
  );
});

test("a text that fits is not cut, one that does not ends in dots", () => {
  expect(cut(safeText("hello"), 5)).toBe("hello");
  expect(cut(safeText("hello!"), 5)).toBe("hell…");
  expect(cut(safeText("漢字漢字"), 6)).toBe("漢字…");
  expect(cut(safeText("漢字"), 1)).toBe("…");
  expect(cut(safeText(`${family}${family}`), 3)).toBe(`${family}…`);
  expect(cut(safeText("hello"), 0)).toBe("");
  expect(cut(safeBlock("one\ntwo"), 10)).toBe("one…");
});

test("lines break at spaces, which are not carried over", () => {
  expect(wrap(safeText("Nice. Who turns the flag on?"), 12)).toEqual(["Nice. Who", "turns the", "flag on?"]);
  expect(wrap(safeText("ab   cd"), 4)).toEqual(["ab", "cd"]);
  expect(wrap(safeText("ab      "), 4)).toEqual(["ab"]);
});

test("a word longer than the line is broken where the line ends", () => {
  expect(wrap(safeText("see abcdefghij ok"), 5)).toEqual(["see", "abcde", "fghij", "ok"]);
});

test("line feeds break, and empty lines and indents stay", () => {
  expect(wrap(safeBlock("a\n\n  b\n"), 10)).toEqual(["a", "", "  b", ""]);
});

test("spaces alone fill lines and do not run over", () => {
  expect(wrap(safeText("          x"), 4)).toEqual(["    ", "    ", "  x"]);
});

test("scripts without spaces break between characters, but not before what closes", () => {
  expect(wrap(safeText("漢字漢字。漢"), 8)).toEqual(["漢字漢", "字。漢"]);
  expect(wrap(safeText("see 漢字漢字"), 8)).toEqual(["see 漢字", "漢字"]);
});

test("a character that is wider than the line is dots", () => {
  expect(wrap(safeText("漢a"), 1)).toEqual(["…", "a"]);
});

test("letters piled into one character of hundreds of cells are taken apart", () => {
  expect(wrap(safeText("\u1100".repeat(6)), 4)).toEqual(["\u1100\u1100", "\u1100\u1100", "\u1100\u1100"]);
});

test("code breaks anywhere and keeps its spaces", () => {
  const text = "if (a)   b";
  expect(breaks(text, 4, { anywhere: true }).map(({ from, to }) => text.slice(from, to))).toEqual([
    "if (",
    "a)  ",
    " b",
  ]);
});

test("no more lines are sought than are wanted", () => {
  expect(breaks("a\n".repeat(1_000_000), 10, { limit: 3 })).toHaveLength(3);
  expect(breaks("a ".repeat(100), 2, { limit: 3 })).toHaveLength(3);
});

test("any text cut fits its width", () => {
  fc.assert(
    fc.property(anyBlock, fc.integer({ min: 0, max: 40 }), (text, width) => {
      expect(stringWidth(cut(text, width))).toBeLessThanOrEqual(width);
    }),
    { numRuns: 1_000 },
  );
});

test("any text wrapped fits its width", () => {
  fc.assert(
    fc.property(anyBlock, anyWidth, (text, width) => {
      for (const line of wrap(text, width)) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    }),
    { numRuns: 1_000 },
  );
});

test("text of single cells breaks where any other text does", () => {
  const words = fc.array(fc.constantFrom("a", "bc", "some", " ", "  ", "     "), { maxLength: 30 });
  fc.assert(
    fc.property(words, anyWidth, fc.boolean(), (bits, width, anywhere) => {
      // A mark is no cell, but the text has to be segmented.
      const narrow = `${bits.join("")}e`;
      const marked = breaks(`${narrow}\u0301`, width, { anywhere });
      expect(breaks(narrow, width, { anywhere })).toEqual([
        ...marked.slice(0, -1),
        { from: marked.at(-1)?.from, to: narrow.length },
      ]);
    }),
    { numRuns: 1_000 },
  );
});

test("wrapping loses nothing but spaces and line feeds at the breaks", () => {
  fc.assert(
    fc.property(anyBlock, anyWidth, fc.boolean(), (text, width, anywhere) => {
      let last = 0;
      for (const { from, to } of breaks(text, width, { anywhere })) {
        expect(text.slice(last, from)).toMatch(anywhere ? /^\n?$/ : /^ *\n?$/);
        expect(to).toBeGreaterThanOrEqual(from);
        last = to;
      }
      expect(text.slice(last)).toMatch(/^ *$/);
    }),
    { numRuns: 1_000 },
  );
});

test("wrapping takes time in proportion to the text", () => {
  const took = (text: string) => {
    const start = performance.now();
    wrap(text as SafeText, 60);
    return performance.now() - start;
  };
  took("warm up 漢 ".repeat(1_000));
  expect(took("x".repeat(200_000))).toBeLessThan(500);
  expect(took("漢 ".repeat(50_000))).toBeLessThan(1_500);
});
