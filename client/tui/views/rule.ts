import { span, widthOf } from "../model/layout/spans.ts";
import type { Line } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { shorten } from "./parts.ts";
import { typingText } from "./words.ts";

/** The line over the composer. It says who is writing and whether there is more below, so that neither moves a message. */
export function ruleLine({ open, typing }: State, width: number): Line {
  const below = open?.anchor.kind === "top" || open?.hasNewer === true ? " ↓ newer messages " : "";
  const who = typingText(typing.get(open?.name ?? "") ?? []);
  const start = below === "" ? "" : "──";
  const end = who === "" ? [] : shorten([span(` ${who} `, "dim")], width - start.length - below.length);
  const line = width - start.length - below.length - widthOf(end);
  const spans = [
    span(start, "dim"),
    span(below, "accent"),
    span("─".repeat(Math.max(0, line)), "dim"),
    ...end,
  ];
  return {
    spans: shorten(
      spans.filter(({ text }) => text !== ""),
      width,
    ),
  };
}
