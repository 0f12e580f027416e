import { column, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import type { SettingsScreen } from "../../model/screens/screen.ts";
import { settingRows } from "../../model/screens/settings.ts";
import type { State } from "../../model/state.ts";
import { emptyLine, shorten, windowStart } from "../parts.ts";

const LABEL = 20;
const VALUE = 15;

export function settingsLines(screen: SettingsScreen, state: State, width: number, height: number): Line[] {
  const isWide = width >= LABEL + VALUE + 50;
  const lines = settingRows(state).flatMap(({ label, value, explanation }, index): Line[] => {
    const isChosen = index === screen.chosen;
    const mark = [span(" "), isChosen ? span("▌", "accent") : span(" "), span(" ")];
    const spans = [
      ...mark,
      ...column(label, LABEL, isChosen ? "chosen" : "plain"),
      ...column(value, VALUE, "strong"),
    ];
    const target = { kind: "item", index } as const;
    const about = span(explanation, "dim");
    if (isWide) return [{ spans: [...spans, about], target }];
    // Where there is no room beside it, what is chosen is explained below.
    return isChosen
      ? [
          { spans, target },
          { spans: [span("     "), about], target },
        ]
      : [{ spans, target }];
  });
  const start = windowStart(screen.chosen, lines.length, Math.max(1, height - 1));
  return [emptyLine, ...lines.slice(start)]
    .slice(0, height)
    .map((row) => ({ ...row, spans: shorten(row.spans, width) }));
}
