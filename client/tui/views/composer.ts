import { type SafeText, safeText } from "../../safe-text.ts";
import { MAX_TEXT_BYTES } from "../../text-size.ts";
import { barrierOf } from "../model/barrier.ts";
import type { Row } from "../model/composer-rows.ts";
import { placeOf, rowsOf, shownOn } from "../model/composer-rows.ts";
import { barrierRows, type Shape, shapeOf, textWidth } from "../model/composer-shape.ts";
import { cells, cut } from "../model/layout/text.ts";
import type { Line, Span, Style } from "../model/line.ts";
import type { MenuItem } from "../model/menu.ts";
import { askedBy } from "../model/slash.ts";
import type { OpenConversation, State } from "../model/state.ts";
import { whyNot } from "../model/why-not.ts";
import { barrierHints } from "./hints.ts";
import { titleOf } from "./words.ts";

/** From above: what is offered, what the text is for, and the text. */
export interface ComposerLines {
  readonly lines: readonly Line[];
  /** Undefined where nothing can be written. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

const MARK = "› ";
const BESIDE = "  ";
/** There is more above or below. */
const MORE_ABOVE = "↑ ";
const MORE_BELOW = "↓ ";
const CHOSEN = "▌ ";
/** From here on it is said how much room is left. */
const NEARLY = 0.9;

export function composerLines(state: State, width: number, maxHeight: number): ComposerLines {
  const { open } = state;
  if (open === undefined) {
    return { lines: [fitted([plain(MARK, "dim")], width)], cursor: { x: Math.min(2, width), y: 0 } };
  }
  const barrier = barrierLines(state, width, Math.max(1, maxHeight));
  if (barrier !== undefined) return { lines: barrier, cursor: undefined };
  const shape = shapeOf(state, width, Math.max(1, maxHeight));
  const head = [...menuLines(shape, width), ...purposeLines(open, shape, width)];
  const text = textLines(state, open, shape, width);
  return { lines: [...head, ...text.lines], cursor: { x: text.x, y: head.length + text.y } };
}

/** What is to be decided, and the keys for it, which stay however little room there is. */
function barrierLines(state: State, width: number, height: number): readonly Line[] | undefined {
  const barrier = barrierOf(state);
  if (barrier === undefined) return undefined;
  const [sign, style] = barrier === "new key" ? (["! ", "bad"] as const) : (["· ", "dim"] as const);
  const said = barrierRows(state, width)
    .slice(0, height - 1)
    .map((text, at) => fitted([plain(at === 0 ? sign : BESIDE, style), { text, style: "plain" }], width));
  const keys = barrierHints(state, barrier).flatMap(({ label, command }, at): Span[] => [
    plain(at === 0 ? BESIDE : "   "),
    { ...plain(label, "accent"), target: { kind: "command", command } },
  ]);
  return [...said, fitted(keys, width)];
}

/** The chosen item is always among them. */
function menuLines({ menu, menuRows }: Shape, width: number): Line[] {
  if (menu === undefined) return [];
  const first = Math.max(0, Math.min(menu.chosen - menuRows + 1, menu.items.length - menuRows));
  return menu.items.slice(first, first + menuRows).map((item, at) => {
    return menuLine(item, first + at === menu.chosen, width);
  });
}

function menuLine({ label, hint }: MenuItem, isChosen: boolean, width: number): Line {
  const style: Style = isChosen ? "chosen" : "plain";
  const spans = [plain(isChosen ? CHOSEN : BESIDE, isChosen ? "accent" : "plain"), plain(label, style)];
  return fitted(hint === "" ? spans : [...spans, plain(`  ${hint}`, "dim")], width);
}

function purposeLines({ purpose }: OpenConversation, { purposeRows }: Shape, width: number): Line[] {
  if (purposeRows === 0) return [];
  switch (purpose.kind) {
    case "message":
      return [];
    case "edit":
      return [withKey([plain("✎ ", "accent"), plain("Editing your message", "dim")], width)];
    case "reply": {
      const [first = ""] = purpose.text.split("\n", 1);
      return [
        withKey([plain("↳ ", "accent"), plain(purpose.from, "strong"), plain(`: ${first}`, "dim")], width),
      ];
    }
  }
}

/** With the key that ends it at the right, where there is room. */
function withKey(spans: readonly Span[], width: number): Line {
  const key = "  Esc";
  if (width < 30) return fitted(spans, width);
  const left = fitted(spans, width - key.length);
  const used = left.spans.reduce((sum, { text }) => sum + cells(text), 0);
  return { spans: [...left.spans, plain(" ".repeat(width - key.length - used) + key, "dim")] };
}

function textLines(
  state: State,
  open: OpenConversation,
  { textRows }: Shape,
  width: number,
): { readonly lines: readonly Line[]; readonly x: number; readonly y: number } {
  const { composer } = open;
  const x = (column: number): number => Math.min(MARK.length + column, Math.max(0, width - 1));
  if (composer.text === "") return { lines: [emptyLine(state, open, width)], x: x(0), y: 0 };
  const rows = rowsOf(composer.text, textWidth(width));
  const place = placeOf(composer.text, rows, composer.cursor);
  const first = firstRow(rows.length, textRows, place.row);
  const shown = rows.slice(first, first + textRows);
  const lines = shown.map((row, at) => {
    const isLast = at === shown.length - 1;
    const above = at === 0 && first > 0;
    const below = isLast && !above && first + textRows < rows.length;
    const mark = above ? MORE_ABOVE : below ? MORE_BELOW : first + at === 0 ? MARK : BESIDE;
    return textLine(composer.text, row, mark, isLast ? room(composer.text) : "", width);
  });
  return { lines, x: x(place.column), y: place.row - first };
}

/** The window with the cursor's row in its middle, as far as there are rows around. */
function firstRow(count: number, height: number, cursor: number): number {
  return Math.max(0, Math.min(count - height, cursor - (height >> 1)));
}

function textLine(text: string, row: Row, mark: string, room: string, width: number): Line {
  const line = fitted([plain(mark, "accent"), { text: shownOn(text, row), style: "plain" }], width);
  const left = width - MARK.length - row.cells - 1 - cells(room);
  const spans =
    room === "" || left < 1 ? line.spans : [...line.spans, plain(" ".repeat(left + 1) + room, "warn")];
  return { spans, target: { kind: "composer", offset: row.to } };
}

function emptyLine(state: State, open: OpenConversation, width: number): Line {
  const why = whyNot(state);
  const hint =
    why ??
    (open.purpose.kind === "message"
      ? `Message ${titleOf({ name: open.name, kind: open.head?.kind ?? "dm" })}`
      : "");
  const line = fitted([plain(MARK, why === undefined ? "accent" : "dim"), plain(hint, "dim")], width);
  return { ...line, target: { kind: "composer", offset: 0 } };
}

/** How much of what a message can hold is used, when it comes to that. */
function room(text: string): string {
  // No text has less bytes than units, nor more than three of them to a unit.
  if (text.length * 3 < MAX_TEXT_BYTES * NEARLY) return "";
  const bytes = Buffer.byteLength(askedBy(text).kind === "text" ? text : "");
  if (bytes < MAX_TEXT_BYTES * NEARLY) return "";
  return bytes <= MAX_TEXT_BYTES
    ? `${(MAX_TEXT_BYTES - bytes).toLocaleString("en")} bytes left`
    : `${(bytes - MAX_TEXT_BYTES).toLocaleString("en")} bytes too long`;
}

function plain(text: string, style: Style = "plain"): Span {
  return { text: safeText(text), style };
}

/** As many of the spans as fit. */
function fitted(spans: readonly Span[], width: number): Line {
  const kept: Span[] = [];
  let left = width;
  for (const { text, ...rest } of spans) {
    const fit: SafeText = cut(text, left);
    if (fit !== "") kept.push({ text: fit, ...rest });
    left -= cells(fit);
    if (left <= 0) break;
  }
  return { spans: kept };
}
