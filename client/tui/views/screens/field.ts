import { type SafeText, safeText } from "../../../safe-text.ts";
import type { Composer } from "../../model/composer.ts";
import { span } from "../../model/layout/spans.ts";
import { cells } from "../../model/layout/text.ts";
import type { Line } from "../../model/line.ts";
import { shorten } from "../parts.ts";

const MARK = " › ";

/** One line that is being written, and what belongs in it as long as it is empty. */
export function fieldLine(
  { text, cursor }: Pick<Composer, "text" | "cursor">,
  about: string,
  width: number,
): Line {
  const room = Math.max(1, width - MARK.length - 1);
  const before = safeText(text.slice(0, cursor));
  // A text that is too long is seen around its cursor.
  const start = cells(before) > room ? keptEnd(before, Math.ceil(room * 0.75)) : before;
  const rest = safeText(text.slice(cursor));
  const shown = text === "" ? [span(about, "dim")] : [{ text: start, style: "plain" as const }, span(rest)];
  return {
    spans: shorten([span(MARK, "accent"), ...shown], width),
    cursor: Math.min(Math.max(0, width - 1), MARK.length + cells(start)),
  };
}

/** Dots, as many as there are characters: for what nobody should read over a shoulder. */
export function masked({ text, cursor }: Composer): Pick<Composer, "text" | "cursor"> {
  const count = (part: string) => [...graphemes.segment(part)].length;
  return { text: "•".repeat(count(text)), cursor: count(text.slice(0, cursor)) };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function keptEnd(text: SafeText, width: number): SafeText {
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  let used = 1;
  let from = parts.length;
  while (from > 0 && used + cells(parts[from - 1] ?? "") <= width) used += cells(parts[--from] ?? "");
  return `…${parts.slice(from).join("")}` as SafeText;
}
