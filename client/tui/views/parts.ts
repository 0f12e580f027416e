import { blank, clip as shorten, span, widthOf } from "../model/layout/spans.ts";
import type { Line, Span, Style } from "../model/line.ts";

export { shorten };

export const emptyLine: Line = { spans: [] };

export function line(text: string, style: Style = "plain"): Line {
  return { spans: [span(text, style)] };
}

const widths = new WeakMap<Line, number>();

/** Lines that are kept from frame to frame are measured once. */
function widthOfLine(line: Line): number {
  const known = widths.get(line);
  if (known !== undefined) return known;
  const width = widthOf(line.spans);
  widths.set(line, width);
  return width;
}

export function fitLine(line: Line, width: number): Line {
  return widthOfLine(line) <= width ? line : { ...line, spans: shorten(line.spans, width) };
}

/** Two things on one row: what is at the left gives way. */
export function apart(left: readonly Span[], right: readonly Span[], width: number): readonly Span[] {
  const wanted = widthOf(right);
  const room = width - wanted - 1;
  if (wanted === 0 || room < 1) return shorten(wanted > 0 && room === -1 ? right : left, width);
  const shown = shorten(left, room);
  return [...shown, blank(width - wanted - widthOf(shown)), ...right];
}

/** As many lines as there are rows, with nothing in those that are left. */
export function rowsOf(lines: readonly Line[], height: number): readonly Line[] {
  const shown = lines.slice(0, height);
  return [...shown, ...Array.from({ length: height - shown.length }, () => emptyLine)];
}

/** Where a window of this height begins, so that `chosen` is in it, in the middle if possible. */
export function windowStart(chosen: number, count: number, height: number): number {
  return Math.max(0, Math.min(count - height, chosen - Math.floor(height / 2)));
}
