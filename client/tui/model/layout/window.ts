import type { Line } from "../line.ts";
import type { Sheet } from "./sheet.ts";

/** What the upper edge of a window is at; the end: its lower edge is below the last line. */
export type Anchor =
  | { readonly kind: "end" }
  /** `above`: how many of the entry's own lines are above the edge; below 0: lines before it are shown too. */
  | { readonly kind: "top"; readonly key: string; readonly above: number };

/** A line in a window, and the entry it belongs to. */
export interface Row {
  readonly line: Line;
  readonly index: number;
  /** Its number among the entry's lines, below 0 for those before it, and whether it is the last of them. */
  readonly number: number;
  readonly isLast: boolean;
}

/** What is between the edges: at most as many rows as it is high, fewer only if there are no more. */
export interface Window {
  readonly rows: readonly Row[];
  readonly isAtEnd: boolean;
}

export const atEnd: Anchor = { kind: "end" };

/** Where a line is: the entry, and its number in it from the first line before it. */
interface Place {
  readonly index: number;
  readonly row: number;
}

export function windowOf(sheet: Sheet, anchor: Anchor, height: number): Window {
  const top = placeOf(sheet, anchor);
  const rows = top === undefined ? [] : rowsFrom(sheet, top, height);
  const missing = height - rows.length;
  const all = missing > 0 ? [...rowsAbove(sheet, top ?? endOf(sheet), missing), ...rows] : rows;
  const last = all.at(-1);
  return {
    rows: all,
    isAtEnd: last === undefined || (last.isLast && last.index === sheet.entries.length - 1),
  };
}

/** The anchor after scrolling by so many lines, down if above 0. The end only for who gets there. */
export function scrolled(sheet: Sheet, anchor: Anchor, height: number, by: number): Anchor {
  const { rows } = windowOf(sheet, anchor, height);
  const first = rows[0];
  if (first === undefined) return anchor;
  const place = { index: first.index, row: first.number + sheet.before(first.index).length };
  const moved = by < 0 ? up(sheet, place, -by) : down(sheet, place, by);
  return settled(sheet, anchorAt(sheet, moved), height);
}

/** The anchor from which these lines of an entry are on the screen, moved as little as that takes. */
export function showing(
  sheet: Sheet,
  anchor: Anchor,
  height: number,
  index: number,
  where: "nearest" | "middle",
): Anchor {
  const entry = sheet.entries[index];
  if (entry === undefined) return anchor;
  const size = sheet.body(index).length;
  if (where === "middle") {
    const room = Math.max(0, Math.floor((height - size) / 2));
    return settled(sheet, { kind: "top", key: entry.key, above: -room }, height);
  }
  const { rows } = windowOf(sheet, anchor, height);
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return anchor;
  const shown = rows.filter((row) => row.index === index && row.number >= 0).length;
  if (shown === size || shown >= height) return anchor;
  const isAbove = index < first.index || (index === first.index && first.number > 0);
  // Of one that is too tall the end is shown to who comes from below, the beginning to who comes from above.
  const begins = index === 0 ? -sheet.before(0).length : 0;
  const above = isAbove ? (size > height ? size - height : begins) : Math.min(0, size - height);
  return settled(sheet, { kind: "top", key: entry.key, above }, height);
}

/** The same view, as `end` if there is nothing below it. */
export function settled(sheet: Sheet, anchor: Anchor, height: number): Anchor {
  const { rows, isAtEnd } = windowOf(sheet, anchor, height);
  const first = rows[0];
  if (isAtEnd || first === undefined) return atEnd;
  const entry = sheet.entries[first.index];
  return entry === undefined ? atEnd : { kind: "top", key: entry.key, above: first.number };
}

function placeOf(sheet: Sheet, anchor: Anchor): Place | undefined {
  if (anchor.kind === "end") return undefined;
  const index = sheet.entries.findIndex(({ key }) => key === anchor.key);
  if (index === -1) return undefined;
  const before = sheet.before(index).length;
  const row = before + Math.min(anchor.above, sheet.body(index).length - 1);
  return row >= 0 ? { index, row } : up(sheet, { index, row: 0 }, -row);
}

function anchorAt(sheet: Sheet, { index, row }: Place): Anchor {
  const entry = sheet.entries[index];
  if (entry === undefined) return atEnd;
  return { kind: "top", key: entry.key, above: row - sheet.before(index).length };
}

function endOf(sheet: Sheet): Place {
  return { index: sheet.entries.length, row: 0 };
}

function sizeOf(sheet: Sheet, index: number): number {
  return sheet.before(index).length + sheet.body(index).length;
}

function up(sheet: Sheet, { index, row }: Place, by: number): Place {
  let at = row - by;
  let where = index;
  while (at < 0 && where > 0) {
    where -= 1;
    at += sizeOf(sheet, where);
  }
  return { index: where, row: Math.max(0, at) };
}

function down(sheet: Sheet, { index, row }: Place, by: number): Place {
  let at = row + by;
  let where = index;
  for (let size = sizeOf(sheet, where); at >= size; size = sizeOf(sheet, where)) {
    if (where >= sheet.entries.length - 1) return { index: where, row: Math.max(0, size - 1) };
    at -= size;
    where += 1;
  }
  return { index: where, row: at };
}

function rowsOf(sheet: Sheet, index: number): readonly Row[] {
  const before = sheet.before(index);
  const body = sheet.body(index);
  return [...before, ...body].map((line, at) => ({
    line,
    index,
    number: at - before.length,
    isLast: at === before.length + body.length - 1,
  }));
}

function rowsFrom(sheet: Sheet, { index, row }: Place, height: number): readonly Row[] {
  const rows = rowsOf(sheet, index).slice(row, row + height);
  for (let where = index + 1; rows.length < height && where < sheet.entries.length; where++) {
    rows.push(...rowsOf(sheet, where).slice(0, height - rows.length));
  }
  return rows;
}

function rowsAbove(sheet: Sheet, { index, row }: Place, height: number): readonly Row[] {
  const parts: (readonly Row[])[] = [];
  let missing = height;
  for (let where = index, end = row; missing > 0 && where >= 0; where--, end = Number.POSITIVE_INFINITY) {
    const rows = rowsOf(sheet, where).slice(0, end).slice(-missing);
    parts.unshift(rows);
    missing -= rows.length;
  }
  return parts.flat();
}
