import { span } from "../model/layout/spans.ts";
import type { Line, Style } from "../model/line.ts";
import { type Gravity, noticeRows } from "../model/notices.ts";
import type { State } from "../model/state.ts";
import { shorten } from "./parts.ts";

const looks: Readonly<Record<Gravity, readonly [string, Style]>> = {
  note: ["·", "dim"],
  error: ["!", "warn"],
  alarm: ["‼", "bad"],
  offline: ["○", "warn"],
};

/** What is to be said, over the status bar. Where there is too little room, the last is the most important. */
export function noticeLines(state: State, width: number, height: number): readonly Line[] {
  const rows = height < 1 ? [] : noticeRows(state, width - 4).slice(-height);
  return rows.map(({ text, gravity, isFirst }): Line => {
    const [sign, style] = looks[gravity];
    const spans = shorten([span(isFirst ? ` ${sign} ` : "   ", style), { text, style }], width);
    return { spans, target: { kind: "command", command: "back" } };
  });
}
