import { safeBlock, safeText } from "../../../safe-text.ts";
import type { Entry, EventEntry, MessageEntry } from "../data.ts";
import type { Line, Span, Style } from "../line.ts";
import { textLines } from "./marked-text.ts";
import { markRows, marksOf } from "./marks.ts";
import type { Shape } from "./shape.ts";
import { blank, clip, column, span, widthOf } from "./spans.ts";
import { cut, wrap } from "./text.ts";
import { clock } from "./times.ts";

/** What the entry before it leaves to be said. */
export interface Heading {
  readonly withName: boolean;
  readonly withTime: boolean;
}

/** Of a longer text the beginning is shown here, and all of it with the details. */
const MAX_LINES = 200;
const MIN_GAP = 2;

/** The lines of an entry; the first span of each is the gutter. */
export function entryLines(
  entry: Entry,
  heading: Heading,
  shape: Shape,
  me: string,
  now: number,
): readonly Line[] {
  return entry.kind === "event"
    ? eventLines(entry, heading, shape)
    : messageLines(entry, heading, shape, me, now);
}

function messageLines(
  message: MessageEntry,
  heading: Heading,
  shape: Shape,
  me: string,
  now: number,
): readonly Line[] {
  const rows = contentRows(message, shape, me);
  const last = rows.at(-1);
  const isAlone = last === undefined || last.isCode || readsFromTheRight(last.spans);
  const room = isAlone ? 0 : shape.text - widthOf(last.spans) - MIN_GAP;
  const [beside = [], ...below] = markRows(marksOf(message, now), room, shape.text);
  if (beside.length > 0)
    rows.push({ spans: spread(rows.pop()?.spans ?? [], beside, shape.text), isCode: false });
  for (const marks of below) rows.push({ spans: spread([], marks, shape.text), isCode: false });

  const target = { kind: "message", key: message.key } as const;
  return headed(message.from, message.sentAt, nameStyle(message.from), heading, shape, rows).map((spans) => ({
    spans: clip(spans, shape.width),
    target,
  }));
}

/** A text of the message, and whether it is code, beside which no marks stand. */
interface Row {
  readonly spans: readonly Span[];
  readonly isCode: boolean;
}

function contentRows(message: MessageEntry, shape: Shape, me: string): Row[] {
  const rows: Row[] = [];
  const add = (text: string, style: Style) => rows.push({ spans: [span(text, style)], isCode: false });
  if (message.deleted) {
    add(cut(safeText("message deleted"), shape.text), "dim");
    return rows;
  }
  if (message.quote !== undefined) {
    add(cut(safeText(`↳ ${message.quote.from}: ${oneLine(message.quote.text)}`), shape.text), "dim");
  }
  const text = safeBlock(message.text);
  if (message.content !== "text") for (const line of wrap(text, shape.text)) add(line, "dim");
  else {
    const lines = textLines(text, shape.text, me, MAX_LINES + 1);
    rows.push(...lines.slice(0, MAX_LINES));
    if (lines.length > MAX_LINES) add(cut(safeText("… it goes on: see its details"), shape.text), "dim");
  }
  if (message.trouble !== undefined && message.content === "text") {
    for (const line of wrap(safeText(message.trouble), shape.text)) add(line, "bad");
  }
  return rows;
}

function eventLines(event: EventEntry, heading: Heading, shape: Shape): readonly Line[] {
  const isAlarm = event.gravity === "alarm";
  const indent = shape.text > 8 ? 2 : 0;
  const rows = wrap(safeText(event.text), shape.text - indent).map((line, at) => ({
    spans: [
      span(indent === 0 ? "" : at > 0 ? "  " : isAlarm ? "! " : "· ", isAlarm ? "warn" : "dim"),
      span(line, isAlarm ? "warn" : "dim"),
    ],
  }));
  return headed("", event.at, "dim", { ...heading, withName: false }, shape, rows).map((spans) => ({
    spans: clip(spans, shape.width),
  }));
}

/** Rows behind the columns of time and name, or below a line of them where it is narrow. */
function headed(
  name: string,
  at: number,
  style: Style,
  { withName, withTime }: Heading,
  shape: Shape,
  rows: readonly Pick<Row, "spans">[],
): readonly (readonly Span[])[] {
  const gutter = blank(shape.gutter);
  if (shape.name === 0) {
    const all = rows.map(({ spans }) => [gutter, ...spans]);
    if (!withName) return all;
    return [[gutter, span(cut(safeText(name), shape.text), style), blank(1), span(clock(at), "dim")], ...all];
  }
  return rows.map(({ spans }, row) => {
    if (row > 0 || (!withName && !withTime)) return [gutter, blank(shape.left - shape.gutter), ...spans];
    const time = withTime ? span(`${clock(at)} `, "dim") : blank(6);
    return [gutter, time, ...column(withName ? name : "", shape.name, style), blank(1), ...spans];
  });
}

function spread(left: readonly Span[], right: readonly Span[], width: number): readonly Span[] {
  return [...left, blank(width - widthOf(left) - widthOf(right)), ...right];
}

/** One of eight hues, always the same for a name. */
export function nameStyle(name: string): Style {
  // FNV-1a: names that are alike, as those of people are, get hues that are not.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  const hues = ["name0", "name1", "name2", "name3", "name4", "name5", "name6", "name7"] as const;
  return hues[(hash >>> 13) % 8] ?? "name0";
}

function oneLine(text: string): string {
  return text.slice(0, 500).replaceAll("\n", " ");
}

/** A terminal that orders such text would move the marks beside it. */
function readsFromTheRight(spans: readonly Span[]): boolean {
  return spans.some(({ text }) => rightToLeft.test(text));
}

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
