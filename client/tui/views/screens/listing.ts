import { safeText } from "../../../safe-text.ts";
import type { Failure } from "../../model/event.ts";
import { span } from "../../model/layout/spans.ts";
import { wrap } from "../../model/layout/text.ts";
import type { Line, Span, Style } from "../../model/line.ts";
import { emptyLine, line, shorten, windowStart } from "../parts.ts";
import { counted } from "../words.ts";

/** A line of a screen that may be longer than its room; `item`: its place among those that can be chosen. */
export interface Row {
  readonly line: Line;
  readonly item?: number;
}

export const MARGIN = "   ";
/** Longer lines of text are hard to read. */
const WIDEST = 72;

export const emptyRow: Row = { line: emptyLine };

export function plainRow(text: string, style: Style = "plain"): Row {
  return { line: line(`${MARGIN}${text}`, style) };
}

export function titleRow(text: string): Row {
  return plainRow(text, "strong");
}

/** Something that can be chosen: the bar says that it is. */
export function itemRow(item: number, isChosen: boolean, spans: readonly Span[]): Row {
  const shown = isChosen
    ? spans.map((each): Span => (each.style === "plain" ? { ...each, style: "chosen" } : each))
    : spans;
  const mark = [span(" "), isChosen ? span("▌", "accent") : span(" "), span(" ")];
  return { line: { spans: [...mark, ...shown], target: { kind: "item", index: item } }, item };
}

/** A longer text, on as many lines as it takes. */
export function textRows(text: string, width: number, style: Style = "dim"): Row[] {
  const room = Math.max(1, Math.min(WIDEST, width - MARGIN.length - 1));
  return wrap(safeText(text), room).map((row) => ({
    line: { spans: [span(MARGIN), { text: row, style }] },
  }));
}

/** What went wrong, and what to do next. */
export function failureRows({ message, hint }: Failure, width: number, next?: string): Row[] {
  const todo = [hint, next].filter((each) => each !== undefined).join(" ");
  return [...textRows(`✕ ${message}`, width, "bad"), ...(todo === "" ? [] : textRows(todo, width))];
}

interface Listing {
  /** Stay where they are. */
  readonly head?: readonly Row[];
  readonly body: readonly Row[];
  readonly foot?: readonly Row[];
  readonly chosen: number;
}

/**
 * As much as there is room for: of the body what is around the chosen item, with a word of what lies below it. What
 * does not begin with a field stands a line lower, if there is one to spare.
 */
export function listing(
  { head = [], body, foot = [], chosen }: Listing,
  width: number,
  height: number,
): Line[] {
  const hasField = head[0]?.line.cursor !== undefined;
  const isRoomy = !hasField && head.length + body.length + foot.length < height;
  const above = [...(isRoomy ? [emptyRow] : []), ...head].slice(0, Math.max(0, height - 1));
  const below = foot.slice(0, Math.max(0, height - above.length - 3));
  const room = height - above.length - below.length;
  return [...above, ...windowOf(body, chosen, room), ...below]
    .slice(0, Math.max(0, height))
    .map((row) => ({ ...row.line, spans: shorten(row.line.spans, width) }));
}

function windowOf(body: readonly Row[], chosen: number, room: number): readonly Row[] {
  if (body.length <= room) return body;
  // With little room there are better uses for the last line.
  const hasWord = room >= 5;
  const height = Math.max(0, hasWord ? room - 1 : room);
  const at = Math.max(
    0,
    body.findIndex(({ item }) => item === chosen),
  );
  const isFirst = !body.slice(0, at).some(({ item }) => item !== undefined);
  // What stands over the first item is seen when one is on it, if that can be.
  const start = isFirst && at < height ? 0 : windowStart(at, body.length, height);
  const shown = body.slice(start, start + height);
  const left = body.length - start - height;
  if (!hasWord) return shown;
  return [...shown, left === 0 ? emptyRow : plainRow(`↓ ${counted(left, "more line")}`, "dim")];
}
