import { type SafeText, safeText } from "../../../safe-text.ts";
import type { Span, Style } from "../line.ts";
import { cells, cut } from "./text.ts";

export function span(text: string, style: Style = "plain"): Span {
  return { text: safeText(text), style };
}

export function blank(width: number): Span {
  return { text: " ".repeat(Math.max(0, width)) as SafeText, style: "plain" };
}

/** Cells of all of them together. */
export function widthOf(spans: readonly Span[]): number {
  return cells(spans.map(({ text }) => text).join(""));
}

/** Cut at the right where they are wider than the line. */
export function clip(spans: readonly Span[], width: number): readonly Span[] {
  if (widthOf(spans) <= width) return spans;
  const kept: Span[] = [];
  let used = 0;
  for (const { text, style } of spans) {
    const short = cut(text, width - used);
    if (short !== "") kept.push({ text: short, style });
    used += cells(short);
    if (short !== text) break;
  }
  return kept;
}

/** Text in a column: cut or filled up to exactly its width. */
export function column(text: string, width: number, style: Style): readonly Span[] {
  const shown = cut(safeText(text), width);
  return [{ text: shown, style }, blank(width - cells(shown))];
}

/** A rule across the width with a word in it. */
export function rule(word: string, width: number, before: number, style: Style): readonly Span[] {
  const text = cut(safeText(` ${word} `), width);
  const left = Math.max(0, Math.min(before, width - cells(text)));
  const right = Math.max(0, width - left - cells(text));
  return [span("─".repeat(left), style), { text, style }, span("─".repeat(right), style)];
}
