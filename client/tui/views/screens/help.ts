import { blank, column, span } from "../../model/layout/spans.ts";
import type { Line, Span } from "../../model/line.ts";
import { HELP_COLUMN, HELP_KEYS, type HelpRow, helpRows } from "../../model/screens/help.ts";
import type { HelpScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { shorten } from "../parts.ts";

const GAP = 2;

/** The key table as it is now, as far as it fits; the rest by scrolling. */
export function helpLines(screen: HelpScreen, state: State, width: number, height: number): Line[] {
  const rows = helpRows(state, width);
  const from = Math.max(0, Math.min(screen.above, rows.length - height));
  const shown = Math.max(0, Math.min(height, rows.length - from));
  return rows.slice(from, from + shown).map((cells) => {
    const spans = cells.flatMap((cell) => [
      blank(GAP),
      ...cellSpans(cell, Math.min(width, HELP_COLUMN) - GAP),
    ]);
    return { spans: shorten(spans, width) };
  });
}

function cellSpans(row: HelpRow, width: number): readonly Span[] {
  if (row.kind === "blank") return [blank(width)];
  if (row.kind === "title") return column(row.text, width, "strong");
  return [
    ...column(row.keys, HELP_KEYS, "accent"),
    span(" "),
    ...column(row.label, Math.max(0, width - HELP_KEYS - 1), "plain"),
  ];
}
