import { safeText } from "../../../safe-text.ts";
import { clip, column, span } from "../../model/layout/spans.ts";
import { cut } from "../../model/layout/text.ts";
import type { Line } from "../../model/line.ts";
import { messageWith } from "../../model/screens/message.ts";
import { reactItems } from "../../model/screens/react.ts";
import type { ReactScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { emptyLine, line, windowStart } from "../parts.ts";
import { fieldLine } from "./field.ts";

export function reactLines(screen: ReactScreen, state: State, width: number, height: number): Line[] {
  const message = messageWith(state, screen.key);
  const about =
    message === undefined
      ? line(" The message is gone.", "dim")
      : line(` To ${message.from}: ${cut(safeText(message.text.split("\n", 1)[0] ?? ""), 200)}`, "dim");
  const items = reactItems(state, screen);
  const room = Math.max(0, height - 4);
  const start = windowStart(screen.chosen, items.length, room);
  const shown = items.slice(start, start + room).map(({ emoji, name, mine }, at): Line => {
    const isChosen = start + at === screen.chosen;
    const mark = [span(" "), isChosen ? span("▌", "accent") : span(" "), span(" ")];
    const label = span(name, isChosen ? "chosen" : "plain");
    const own = mine ? [span("  take back", "dim")] : [];
    return {
      spans: [...mark, ...column(emoji, 4, "plain"), label, ...own],
      target: { kind: "item", index: start + at },
    };
  });
  const nothing = items.length === 0 ? [line("   No emoji is called that.", "dim")] : [];
  return [about, fieldLine(screen.query, "A name or an emoji", width), emptyLine, ...shown, ...nothing]
    .slice(0, height)
    .map((each) => ({ ...each, spans: clip(each.spans, width) }));
}
