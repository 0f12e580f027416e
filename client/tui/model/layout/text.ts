import type { SafeText } from "../../../safe-text.ts";

/** How many cells it takes; segmented by graphemes. */
export function cells(text: string): number {
  return text.length;
}

/** The longest beginning that fits, `…` at its end if something was cut. */
export function cut(text: SafeText, width: number): SafeText {
  return text.slice(0, width) as SafeText;
}

/** Lines of at most `width` cells, broken at spaces where there are any. Line feeds break too. */
export function wrap(text: SafeText, _width: number): SafeText[] {
  return text.split("\n") as SafeText[];
}
