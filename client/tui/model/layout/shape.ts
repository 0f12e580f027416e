import { cells } from "./text.ts";

/** The columns of a transcript, in cells. */
export interface Shape {
  readonly width: number;
  /** For the mark of the chosen message. */
  readonly gutter: number;
  /** Of the names; 0: time and name stand on a line of their own above the text, which has most of the width. */
  readonly name: number;
  /** Where the text begins, and how wide it is. */
  readonly left: number;
  readonly text: number;
}

const TIME = "09:12 ".length;
/** With less room than this beside the names, they stand above. */
const MIN_TEXT = 28;
const MIN_NAME = 6;

export function shapeOf(width: number, names: readonly string[]): Shape {
  const gutter = width >= 16 ? 2 : width >= 4 ? 1 : 0;
  const longest = names.reduce((most, name) => Math.max(most, cells(name)), MIN_NAME);
  const name = Math.min(longest, width >= 90 ? 16 : width >= 56 ? 10 : 8);
  const left = gutter + TIME + name + 1;
  return width - left >= MIN_TEXT
    ? { width, gutter, name, left, text: width - left }
    : { width, gutter, name: 0, left: gutter, text: Math.max(1, width - gutter) };
}
