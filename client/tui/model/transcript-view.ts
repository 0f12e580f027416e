import type { Entry } from "./data.ts";
import { geometryOf } from "./geometry.ts";
import { shapeOf } from "./layout/shape.ts";
import { type Sheet, sheetOf } from "./layout/sheet.ts";
import { type Row, windowOf } from "./layout/window.ts";
import type { OpenConversation, State } from "./state.ts";

/** What of the open conversation is on the screen. */
export interface TranscriptView {
  readonly rows: readonly Row[];
  readonly isAtEnd: boolean;
  /** Messages that are not read, further down: said over the last row, which then is not in `rows`. */
  readonly below: { readonly unread: number } | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function transcriptSize(state: State): Size {
  const { width, height } = geometryOf(state).transcript;
  return { width: Math.max(0, width), height: Math.max(0, height) };
}

export function sheetFor(state: State, open: OpenConversation, width: number): Sheet {
  const shape = shapeOf(width, [...(open.head?.members ?? []), state.me]);
  const { entries, hasOlder, hasNewer, newFrom } = open;
  return sheetOf({ entries, hasOlder, hasNewer, newFrom, shape, me: state.me, now: state.now });
}

export function viewOf(state: State, open: OpenConversation, { width, height }: Size): TranscriptView {
  const { rows, isAtEnd } = windowOf(sheetFor(state, open, width), open.anchor, height);
  const last = rows.at(-1);
  if (isAtEnd || last === undefined || height < 2) return { rows, isAtEnd, below: undefined };
  const hidden = open.entries.slice(last.isLast ? last.index + 1 : last.index);
  if (!hidden.some(isUnread)) return { rows, isAtEnd, below: undefined };
  // What the line covers counts as not seen, too.
  const unread = open.entries.slice(last.index).filter(isUnread).length;
  return { rows: rows.slice(0, -1), isAtEnd, below: { unread } };
}

export function isUnread(entry: Entry): boolean {
  return entry.kind === "message" && entry.unread;
}
