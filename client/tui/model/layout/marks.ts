import { safeText } from "../../../safe-text.ts";
import type { MessageEntry } from "../data.ts";
import type { Span, Style } from "../line.ts";
import { blank, span, widthOf } from "./spans.ts";
import { cut } from "./text.ts";
import { until } from "./times.ts";

const MAX_REACTIONS = 12;
const GAP = 2;

/** How far an own message got, without its colour: words for what needs care, marks for what goes well. */
const states: Readonly<Record<MessageEntry["state"], readonly [string, Style]>> = {
  queued: ["queued", "warn"],
  sent: ["✓", "dim"],
  delivered: ["✓✓", "dim"],
  read: ["read", "dim"],
  failed: ["failed", "bad"],
  received: ["", "dim"],
};

/** What stands at the right of a message, each mark a group of spans. */
export function marksOf(message: MessageEntry, now: number): readonly (readonly Span[])[] {
  const { votes, reactions, state } = message;
  const marks: (readonly Span[])[] = [];
  const add = (text: string, style: Style = "dim") => marks.push([span(text, style)]);
  if (message.sharedBy !== undefined) add(`shared by ${cut(safeText(message.sharedBy), 16)}`);
  if (message.deleted) return [...marks, ...stateMark(state)];
  if (message.edited) add("edited");
  if (message.pinned) add("pinned");
  if (message.expiresAt !== undefined) add(`gone in ${until(message.expiresAt, now)}`);
  if (votes.up > 0 || votes.down > 0) {
    marks.push([
      counted("▲", votes.up, votes.mine === "up", ""),
      span(" "),
      counted("▼", votes.down, votes.mine === "down", ""),
    ]);
  }
  for (const { emoji, by, mine } of reactions.slice(0, MAX_REACTIONS)) {
    marks.push([counted(cut(safeText(emoji), 8), by.length, mine, " ")]);
  }
  if (reactions.length > MAX_REACTIONS) add(`+${reactions.length - MAX_REACTIONS}`);
  return [...marks, ...stateMark(state)];
}

/** A star: one's own is among them. */
function counted(sign: string, count: number, mine: boolean, gap: string): Span {
  return span(`${sign}${gap}${count}${mine ? "*" : ""}`, mine ? "accent" : "dim");
}

function stateMark(state: MessageEntry["state"]): readonly (readonly Span[])[] {
  const [text, style] = states[state];
  return text === "" ? [] : [[span(text, style)]];
}

/** The marks in as few rows as they fit in. The first row has `firstWidth` cells at most, or is left empty. */
export function markRows(
  marks: readonly (readonly Span[])[],
  firstWidth: number,
  width: number,
): readonly (readonly Span[])[] {
  const rows: Span[][] = [[]];
  let room = firstWidth;
  for (const mark of marks) {
    const row = rows.at(-1) ?? [];
    const needs = widthOf(mark) + (row.length > 0 ? GAP : 0);
    if (needs <= room) {
      row.push(...(row.length > 0 ? [blank(GAP)] : []), ...mark);
      room -= needs;
    } else {
      rows.push([...mark]);
      room = width - widthOf(mark);
    }
  }
  return rows;
}
