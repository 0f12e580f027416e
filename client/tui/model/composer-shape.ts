import { type SafeText, safeText } from "../../safe-text.ts";
import { barrierOf, barrierText } from "./barrier.ts";
import { menuOf } from "./composer.ts";
import { rowsOf } from "./composer-rows.ts";
import { wrap } from "./layout/text.ts";
import type { Menu } from "./menu.ts";
import { offersOf } from "./offers.ts";
import type { State } from "./state.ts";

/** The mark before the text, and the cell of a cursor behind the last character. */
const BESIDE_TEXT = 3;
const MAX_MENU_ROWS = 5;

/** How the composer's rows are given out, from above. */
export interface Shape {
  readonly menu: Menu | undefined;
  readonly menuRows: number;
  /** What the text is for, if it is not simply a message. */
  readonly purposeRows: 0 | 1;
  readonly textRows: number;
}

export function textWidth(width: number): number {
  return Math.max(1, width - BESIDE_TEXT);
}

/** At this width and in at most so many rows. While the menu is open, it leaves the text one row at least. */
export function shapeOf(state: State, width: number, most: number): Shape {
  const { open } = state;
  if (open === undefined) return { menu: undefined, menuRows: 0, purposeRows: 0, textRows: 1 };
  const textRows = Math.max(1, Math.min(most, rowsOf(open.composer.text, textWidth(width)).length));
  const wanted = open.purpose.kind === "message" ? 0 : 1;
  const purposeRows = wanted === 1 && most > 1 ? 1 : 0;
  const rest = most - purposeRows;
  const menu = menuOf(open.composer, offersOf(state));
  const menuRows = Math.min(menu?.items.length ?? 0, MAX_MENU_ROWS, Math.max(0, rest - 1));
  return { menu, menuRows, purposeRows, textRows: Math.min(textRows, rest - menuRows) };
}

export function composerHeight(state: State, width: number, most: number): number {
  const barrier = barrierRows(state, width);
  if (barrier.length > 0) return Math.min(most, barrier.length + 1);
  const { menuRows, purposeRows, textRows } = shapeOf(state, width, most);
  return menuRows + purposeRows + textRows;
}

/** What stands in the place of the text where nothing can be written yet; below it are the keys. */
export function barrierRows(state: State, width: number): readonly SafeText[] {
  const barrier = barrierOf(state);
  if (barrier === undefined || state.open === undefined) return [];
  return wrap(safeText(barrierText(barrier, state.open.name)), textWidth(width));
}
