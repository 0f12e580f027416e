import { type SafeText, safeText } from "../../safe-text.ts";
import { graphemes } from "./layout/graphemes.ts";
import { cells } from "./layout/text.ts";

/** A row of a text that is being written: all of the text is on some row, spaces at the edge too. */
export interface Row {
  readonly from: number;
  /** Without the line feed that ends it. */
  readonly to: number;
  /** Whether the text goes on in the next row, which begins where this one ends. */
  readonly wraps: boolean;
  readonly cells: number;
}

export interface Place {
  readonly row: number;
  readonly column: number;
}

interface Piece {
  /** Within its line. */
  readonly at: number;
  readonly length: number;
  readonly shown: SafeText;
  readonly cells: number;
}

interface Layout {
  readonly text: string;
  readonly width: number;
  readonly rows: readonly Row[];
  readonly lines: readonly string[];
  /** Of each line, its rows; offsets count from its beginning. */
  readonly laidOut: readonly (readonly Row[])[];
}

const TAB = "    " as SafeText;

/** The last one: most keys change one line of it, or none. */
let last: Layout = { text: "", width: 0, rows: [], lines: [], laidOut: [] };

/** The rows of a text at this width, at least one. Words go to the next row whole where they fit. */
export function rowsOf(text: string, width: number): readonly Row[] {
  if (text === last.text && width === last.width) return last.rows;
  const lines = text.split("\n");
  const known = width === last.width ? last : undefined;
  // Lines were added or taken out in the middle: those at the end are still the same.
  const shift = known === undefined ? 0 : known.lines.length - lines.length;
  const laidOut = lines.map((line, at) => {
    const [same, moved] = [known?.lines[at], known?.lines[at + shift]];
    if (line === same) return known?.laidOut[at] ?? [];
    if (line === moved) return known?.laidOut[at + shift] ?? [];
    return rowsOfLine(line, width, same, known?.laidOut[at]);
  });
  const rows: Row[] = [];
  let start = 0;
  for (const [at, line] of lines.entries()) {
    for (const row of laidOut[at] ?? []) rows.push({ ...row, from: start + row.from, to: start + row.to });
    start += line.length + 1;
  }
  last = { text, width, rows, lines, laidOut };
  return rows;
}

/** Of a long line that was changed, the rows before the change stay; a row may depend on what follows it. */
function rowsOfLine(
  line: string,
  width: number,
  before: string | undefined,
  known: readonly Row[] = [],
): Row[] {
  const same = before === undefined ? 0 : commonLength(line, before);
  const kept = known.slice(0, Math.max(0, known.findIndex(({ to }) => to >= same) - 1));
  const start = kept.at(-1)?.to ?? 0;
  return [...kept, ...wrapped(line.slice(start), width, start)];
}

function wrapped(text: string, width: number, start: number): Row[] {
  const rows: Row[] = [];
  const push = (from: number, to: number, used: number, wraps: boolean): void => {
    rows.push({ from: start + from, to: start + to, wraps, cells: used });
  };
  let from = 0;
  let used = 0;
  // After the last space of this row: where a word begins that may have to go to the next row, and its cells until now.
  let word: { readonly at: number; readonly used: number } | undefined;
  for (const piece of pieces(text)) {
    if (used + piece.cells > width && piece.at > from) {
      const end = word !== undefined && piece.shown !== " " ? word : { at: piece.at, used };
      push(from, end.at, end.used, true);
      from = end.at;
      used -= end.used;
      word = undefined;
      if (used + piece.cells > width && piece.at > from) {
        push(from, piece.at, used, true);
        from = piece.at;
        used = 0;
      }
    }
    used += piece.cells;
    if (piece.shown === " " || piece.shown === TAB) word = { at: piece.at + piece.length, used };
  }
  push(from, text.length, used, false);
  return rows;
}

/** A part of one line as it is shown: what a terminal could obey has a picture instead. */
function* pieces(text: string): Generator<Piece> {
  const isSafe = safeText(text) === text;
  for (const { at, text: grapheme, cells: own } of graphemes(text)) {
    const shown = isSafe ? (grapheme as SafeText) : grapheme === "\t" ? TAB : safeText(grapheme);
    yield { at, length: grapheme.length, shown, cells: shown === grapheme ? own : cells(shown) };
  }
}

/** What stands on a row. */
export function shownOn(text: string, { from, to }: Row): SafeText {
  return Array.from(pieces(text.slice(from, to)), ({ shown }) => shown).join("") as SafeText;
}

/** Where an offset is. At the edge of a row that goes on it is at the beginning of the next. */
export function placeOf(text: string, rows: readonly Row[], offset: number): Place {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle]?.from ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const from = rows[low]?.from ?? 0;
  let column = 0;
  for (const piece of pieces(text.slice(from, offset))) column += piece.cells;
  return { row: low, column };
}

/** The offset on a row that is nearest to a column, not beyond it: of a wide character its left edge. */
export function offsetAt(text: string, { from, to, wraps }: Row, column: number): number {
  let used = 0;
  let before = from;
  for (const piece of pieces(text.slice(from, to))) {
    if (used + piece.cells > column) return from + piece.at;
    before = from + piece.at;
    used += piece.cells;
  }
  // The end of a row that goes on is the beginning of the next.
  return wraps ? before : to;
}

function commonLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}
