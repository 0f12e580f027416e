import { clip, rule, span } from "../model/layout/spans.ts";
import type { Line, Span } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { viewOf } from "../model/transcript-view.ts";
import { emptyLine } from "./parts.ts";
import { counted } from "./words.ts";

/** The part of the open conversation that the window is at, its last line lowest. */
export function transcriptLines(state: State, width: number, height: number): readonly Line[] {
  const { open } = state;
  if (open === undefined || width < 1) return padded([], height);
  if (open.entries.length === 0) {
    return padded(
      open.isLoading ? [] : [{ spans: clip([span("  No messages yet.", "dim")], width) }],
      height,
    );
  }
  const { rows, below } = viewOf(state, open, { width, height });
  const lines = rows.map(({ line }) => {
    const { target } = line;
    return target?.kind === "message" && target.key === open.selected ? chosen(line) : line;
  });
  if (below !== undefined) lines.push({ spans: belowRule(below.unread, width) });
  return padded(lines, height);
}

/** The gutter is the first span. */
function chosen(line: Line): Line {
  const [gutter, ...rest] = line.spans;
  if (gutter === undefined || gutter.text === "") return line;
  return { ...line, spans: [span(`▌${gutter.text.slice(1)}`, "accent"), ...rest] };
}

function belowRule(unread: number, width: number): readonly Span[] {
  const word = `${counted(unread, "new message")} below`;
  return rule(word, width, Math.floor((width - word.length - 2) / 2), "accent");
}

function padded(lines: readonly Line[], height: number): readonly Line[] {
  const missing = Math.max(0, height - lines.length);
  return [...Array.from({ length: missing }, () => emptyLine), ...lines.slice(0, height)];
}
