import { safeText } from "../../../safe-text.ts";
import { span } from "../../model/layout/spans.ts";
import { wrap } from "../../model/layout/text.ts";
import type { Line, Style } from "../../model/line.ts";
import type { ConfirmScreen } from "../../model/screens/screen.ts";
import { emptyLine, shorten } from "../parts.ts";

const MARGIN = 3;
const WIDEST = 72;

export function confirmLines(screen: ConfirmScreen, width: number, height: number): Line[] {
  const room = Math.max(1, Math.min(WIDEST, width - MARGIN));
  const text = (of: string, style: Style): Line[] =>
    wrap(safeText(of), room).map((row) => ({ spans: [span(" ".repeat(MARGIN)), { text: row, style }] }));
  const choices = screen.choices.map(({ label }, index): Line => {
    const isChosen = index === screen.chosen;
    const mark = isChosen ? span("▌", "accent") : span(" ");
    return {
      spans: [span(" "), mark, span(" "), span(label, isChosen ? "chosen" : "plain")],
      target: { kind: "item", index },
    };
  });
  const said = [
    emptyLine,
    ...text(screen.question, "strong"),
    ...(screen.detail === undefined ? [] : text(screen.detail, "dim")),
    emptyLine,
  ];
  // The answers stay, however little room there is.
  const kept = said.slice(0, Math.max(0, height - choices.length));
  return [...kept, ...choices]
    .slice(0, height)
    .map((line) => ({ ...line, spans: shorten(line.spans, width) }));
}
