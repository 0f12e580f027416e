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
  /** What the reader does not see below: drawn over the last row, which then is not in `rows`. */
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
  const { entries, hasOlder, newFrom } = open;
  return sheetOf({ entries, hasOlder, newFrom, shape, me: state.me, now: state.now });
}

export function viewOf(state: State, open: OpenConversation, { width, height }: Size): TranscriptView {
  const { rows, isAtEnd } = windowOf(sheetFor(state, open, width), open.anchor, height);
  const last = rows.at(-1);
  if (isAtEnd && !open.hasNewer) return { rows, isAtEnd, below: undefined };
  const hidden = last === undefined ? [] : open.entries.slice(last.isLast ? last.index + 1 : last.index);
  const unread = hidden.filter(isUnread).length;
  if ((unread === 0 && !open.hasNewer) || height < 2) return { rows, isAtEnd, below: undefined };
  // What the line covers counts as not seen, too.
  const kept = rows.slice(0, height - 1);
  const covered = rows[height - 1];
  const entry = covered?.isLast === true ? open.entries[covered.index] : undefined;
  return {
    rows: kept,
    isAtEnd,
    below: { unread: unread + (entry !== undefined && isUnread(entry) ? 1 : 0) },
  };
}

export function isUnread(entry: Entry): boolean {
  return entry.kind === "message" && entry.unread;
}
