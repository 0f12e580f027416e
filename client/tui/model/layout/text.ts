import type { SafeText } from "../../../safe-text.ts";
import { graphemes, isNarrow } from "./graphemes.ts";

/** A line of a text: where it begins, and where it ends without the spaces and the line feed that follow. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** How many cells it takes; segmented by graphemes. */
export function cells(text: string): number {
  if (isNarrow(text)) return text.length;
  let sum = 0;
  for (const grapheme of graphemes(text)) sum += grapheme.cells;
  return sum;
}

/** The longest beginning that fits, `…` at its end if something was cut. Never more than the first line. */
export function cut(text: SafeText, width: number): SafeText {
  const end = text.indexOf("\n");
  const line = end === -1 ? text : text.slice(0, end);
  if (end === -1 && cells(line) <= width) return text;
  if (width < 1) return "" as SafeText;
  let used = 0;
  let kept = 0;
  for (const grapheme of graphemes(line)) {
    if (used + grapheme.cells > width - 1) break;
    used += grapheme.cells;
    kept = grapheme.at + grapheme.text.length;
  }
  return `${line.slice(0, kept)}…` as SafeText;
}

/** Lines of at most `width` cells, broken at spaces where there are any. Line feeds break too. */
export function wrap(text: SafeText, width: number): SafeText[] {
  return breaks(text, width).map(({ from, to }) => cut(text.slice(from, to) as SafeText, Math.max(1, width)));
}

/**
 * Where `wrap` breaks. A line is wider than `width` only if not even one character fits. `anywhere`: spaces are not
 * sought, and all are kept. At most `limit` lines.
 */
export function breaks(
  text: string,
  width: number,
  { anywhere = false, limit = Number.POSITIVE_INFINITY } = {},
): Range[] {
  const lines: Range[] = [];
  let from = 0;
  while (from <= text.length && lines.length < limit) {
    const feed = text.indexOf("\n", from);
    const to = feed === -1 ? text.length : feed;
    const part = text.slice(from, to);
    const broken = isNarrow(part) ? narrowLines : wideLines;
    for (const line of broken(part, Math.max(1, width), anywhere)) {
      lines.push({ from: from + line.from, to: from + line.to });
      if (lines.length === limit) return lines;
    }
    from = to + 1;
  }
  return lines;
}

/** As below, where each character is one cell, as most text is: some twenty times as fast. */
function* narrowLines(text: string, width: number, anywhere: boolean): Generator<Range> {
  let start = 0;
  while (text.length - start > width) {
    const edge = start + width;
    let end = anywhere ? start : edge;
    while (end > start && text[end] !== " ") end -= 1;
    while (end > start && text[end - 1] === " ") end -= 1;
    if (end > start) {
      yield { from: start, to: end };
      start = end;
      while (text[start] === " ") start += 1;
      if (start === text.length) return;
    } else {
      yield { from: start, to: edge };
      start = edge;
    }
  }
  let to = text.length;
  if (!anywhere) while (to > start && text[to - 1] === " ") to -= 1;
  yield { from: start, to: to > start ? to : text.length };
}

/** Where a line could end, what the next would begin with, and how many cells there are until then. */
interface Chance {
  readonly end: number;
  readonly next: number;
  readonly used: number;
}

function* wideLines(text: string, width: number, anywhere: boolean): Generator<Range> {
  let start = 0;
  let used = 0;
  let chance: Chance | undefined;
  let hasWord = false;
  let wasSpace = false;
  let wasWide = false;

  for (const { at, text: grapheme, cells } of pieces(text, width)) {
    const isSpace = grapheme === " ";
    const isWide = cells === 2;
    if (isSpace && hasWord && !anywhere) {
      // Spaces that follow a word hang over the edge.
      used += 1;
      chance = { end: wasSpace && chance !== undefined ? chance.end : at, next: at + 1, used };
    } else {
      // Scripts without spaces break between any two of their characters, but for what closes.
      if ((isWide || wasWide) && hasWord && !wasSpace && !anywhere && !closing.test(grapheme)) {
        chance = { end: at, next: at, used };
      }
      if (used + cells > width && chance !== undefined) {
        yield { from: start, to: chance.end };
        start = chance.next;
        used -= chance.used;
        chance = undefined;
        hasWord = start < at;
      }
      if (used + cells > width && at > start) {
        yield { from: start, to: at };
        start = at;
        used = 0;
        hasWord = false;
      }
      used += cells;
      hasWord ||= !isSpace;
    }
    wasSpace = isSpace;
    wasWide = isWide;
  }
  yield { from: start, to: chance !== undefined && chance.next === text.length ? chance.end : text.length };
}

const closing = /^[、。，．！？）」』】〉》”’：；ー]/;

/** Graphemes; one that is wider than a whole line (some scripts pile up letters) comes in its characters. */
function* pieces(text: string, width: number): ReturnType<typeof graphemes> {
  for (const grapheme of graphemes(text)) {
    if (grapheme.cells <= Math.max(2, width)) {
      yield grapheme;
      continue;
    }
    let { at } = grapheme;
    for (const character of grapheme.text) {
      yield { at, text: character, cells: cells(character) };
      at += character.length;
    }
  }
}
