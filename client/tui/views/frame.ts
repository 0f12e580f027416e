import { safeText } from "../../safe-text.ts";
import type { Target } from "../model/event.ts";
import { cut } from "../model/layout/text.ts";
import type { Line, Style } from "../model/line.ts";
import type { State } from "../model/state.ts";

/** What is on the screen: as many rows as it has. */
export interface Frame {
  readonly rows: readonly Line[];
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
  readonly hits: readonly Hit[];
}

/** Where a click means something. */
export interface Hit {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly target: Target;
}

export function frameOf(state: State): Frame {
  const { columns, rows, open, connection, me } = state;
  const line = (text: string, style: Style = "plain"): Line => ({
    spans: [{ text: cut(safeText(text), columns), style }],
  });
  const top = state.screens.at(-1);
  const all = [
    line(`Sotto  ${open?.name ?? me}`, "strong"),
    line(top === undefined ? "" : `[${top.kind}]`),
    ...state.notices.map(({ text }) => line(text)),
  ].slice(0, rows);
  const status = line(`${connection.state}  ${state.pane}`, "dim");
  const composer = line(`› ${open?.composer.text ?? ""}`);
  const blank = Array.from({ length: Math.max(0, rows - 2 - all.length) }, () => line(""));
  return {
    rows: [...all, ...blank, composer, status].slice(-rows),
    cursor: { x: Math.min(columns - 1, 2 + (open?.composer.cursor ?? 0)), y: Math.max(0, rows - 2) },
    hits: [],
  };
}

export function targetAt({ hits }: Frame, x: number, y: number): Target | undefined {
  return hits.findLast((hit) => x >= hit.x && x < hit.x + hit.width && y >= hit.y && y < hit.y + hit.height)
    ?.target;
}
