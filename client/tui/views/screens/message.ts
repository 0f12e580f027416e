import { clip, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { INDENT, linesOf } from "../../model/screens/message.ts";
import type { MessageScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { line } from "../parts.ts";

export function messageScreenLines(
  screen: MessageScreen,
  state: State,
  width: number,
  height: number,
): readonly Line[] {
  const lines = linesOf(screen, state, width);
  if (lines.length === 0)
    return [{ spans: clip(line(" The message is gone.", "dim").spans, width) }].slice(0, height);
  // The terminal may have grown since it was scrolled.
  const above = Math.max(0, Math.min(screen.above, lines.length - height));
  return lines.slice(above, above + height).map(({ spans }) => ({
    spans: spans.length === 0 ? [] : clip([span(" ".repeat(INDENT)), ...spans], width),
  }));
}
