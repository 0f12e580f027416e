import type { State } from "./state.ts";

/** Cells from the upper left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where things are on the screen; a pane that there is no room for is undefined. */
export interface Geometry {
  readonly header: Rect;
  readonly list: Rect | undefined;
  readonly transcript: Rect;
  readonly composer: Rect;
  readonly status: Rect;
}

export function geometryOf({ columns, rows }: State): Geometry {
  const listWidth = columns >= 80 ? 20 : 0;
  const left = listWidth === 0 ? 0 : listWidth + 1;
  const width = Math.max(1, columns - left);
  return {
    header: { x: 0, y: 0, width: columns, height: 1 },
    list: listWidth === 0 ? undefined : { x: 0, y: 1, width: listWidth, height: Math.max(0, rows - 2) },
    transcript: { x: left, y: 1, width, height: Math.max(1, rows - 4) },
    composer: { x: left, y: Math.max(1, rows - 2), width, height: 1 },
    status: { x: 0, y: rows - 1, width: columns, height: 1 },
  };
}
