import { composerHeight } from "./composer-shape.ts";
import { noticeRows } from "./notices.ts";
import type { State } from "./state.ts";

/** Cells from the upper left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where things are on the screen. What there is no room for is 0 high; a pane that is not shown is undefined. */
export interface Geometry {
  readonly header: Rect;
  readonly list: Rect | undefined;
  /** Where the transcript is, or would be: a screen, or the list of a narrow terminal, may hide it. */
  readonly transcript: Rect;
  /** The line over the composer. */
  readonly rule: Rect;
  readonly composer: Rect;
  /** Transcript and composer together: the place of a screen. */
  readonly main: Rect;
  readonly notices: Rect;
  readonly status: Rect;
}

/** Narrower than this shows one pane at a time. */
const WIDE = 80;
/** Between the list and what is right of it. */
const GAP = 1;

export function isWide({ columns }: State): boolean {
  return columns >= WIDE;
}

/** Whether somebody who looks at the terminal sees the conversation. */
export function isConversationShown(state: State): boolean {
  return state.screens.length === 0 && (isWide(state) || state.pane !== "conversations");
}

export function geometryOf(state: State): Geometry {
  const { columns, rows } = state;
  const listWidth = isWide(state) ? listWidthOf(columns) : columns;
  const left = isWide(state) ? listWidth + GAP : 0;
  const width = Math.max(0, columns - left);
  const header = rows >= 4 ? 1 : 0;
  const status = rows >= 3 ? 1 : 0;
  const notices = Math.min(rows >= 10 ? 5 : rows >= 5 ? 1 : 0, noticeRows(state, columns - 4).length);
  const height = Math.max(0, rows - header - status - notices);
  const rule = height >= 6 ? 1 : 0;
  const composer = Math.min(composerHeight(state, width, Math.max(1, Math.floor(height / 3))), height);
  const bottom = header + height;
  return {
    header: { x: 0, y: 0, width: columns, height: header },
    list:
      isWide(state) || !isConversationShown(state)
        ? { x: 0, y: header, width: listWidth, height }
        : undefined,
    transcript: { x: left, y: header, width, height: height - composer - rule },
    rule: { x: left, y: bottom - composer - rule, width, height: rule },
    composer: { x: left, y: bottom - composer, width, height: composer },
    main: { x: left, y: header, width, height },
    notices: { x: 0, y: bottom, width: columns, height: notices },
    status: { x: 0, y: bottom + notices, width: columns, height: status },
  };
}

function listWidthOf(columns: number): number {
  return columns >= 160 ? 32 : columns >= 120 ? 28 : 22;
}
