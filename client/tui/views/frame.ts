import type { Target } from "../model/event.ts";
import { geometryOf, isConversationShown, isWide, type Rect } from "../model/geometry.ts";
import { blank, widthOf } from "../model/layout/spans.ts";
import type { Line } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { composerLines } from "./composer.ts";
import { conversationLines } from "./conversations.ts";
import { emptyLines } from "./empty.ts";
import { headerLine } from "./header.ts";
import { noticeLines } from "./notices.ts";
import { emptyLine, fitLine, rowsOf } from "./parts.ts";
import { ruleLine } from "./rule.ts";
import { screenLines } from "./screens/index.ts";
import { statusLine } from "./status.ts";
import { transcriptLines } from "./transcript.ts";

/** What is on the screen: as many rows as it has. */
export interface Frame {
  readonly rows: readonly Line[];
  readonly cursor: Place | undefined;
  readonly hits: readonly Hit[];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where a click means something. */
interface Hit extends Rect {
  readonly target: Target;
}

/** A part of the screen: its lines begin at its upper left corner. */
interface Pane {
  readonly rect: Rect;
  readonly lines: readonly Line[];
  readonly cursor?: Place | undefined;
}

export function frameOf(state: State): Frame {
  const panes = panesOf(state).map(({ rect, lines, cursor }) => ({
    rect,
    cursor,
    lines: rowsOf(lines, rect.height).map((line) => fitLine(line, rect.width)),
  }));
  const rows: Line[] = Array.from({ length: state.rows }, () => emptyLine);
  for (const { rect, lines } of panes) {
    for (const [at, line] of lines.entries()) {
      const y = rect.y + at;
      const before = rows[y];
      if (before !== undefined) rows[y] = beside(before, line, rect.x);
    }
  }
  return {
    rows,
    cursor: panes.map(cursorOf).find((place) => place !== undefined),
    hits: panes.flatMap(hitsOf),
  };
}

/** Of one row, what is further left comes first. */
function panesOf(state: State): Pane[] {
  const { columns } = state;
  const { header, list, main, notices, status } = geometryOf(state);
  return [
    { rect: header, lines: [headerLine(state, columns, main.x)] },
    ...(list === undefined || hidesList(state)
      ? []
      : [{ rect: list, lines: conversationLines(state, list.width, list.height) }]),
    ...mainPanes(state),
    { rect: notices, lines: noticeLines(state, columns, notices.height) },
    { rect: status, lines: [statusLine(state, columns)] },
  ];
}

/** Before there is an account there is nothing to list; a screen hides the list of a narrow terminal. */
function hidesList(state: State): boolean {
  return state.me === "" || (state.screens.length > 0 && !isWide(state));
}

function mainPanes(state: State): Pane[] {
  const { main, transcript, rule, composer } = geometryOf(state);
  const top = state.screens.at(-1);
  if (top !== undefined) {
    const rect = state.me === "" ? { ...main, x: 0, width: state.columns } : main;
    return [{ rect, lines: screenLines(top, state, rect.width, rect.height) }];
  }
  if (!isConversationShown(state)) return [];
  if (state.open === undefined) return [{ rect: main, lines: emptyLines(state, main.width, main.height) }];
  const written = composerLines(state, composer.width, composer.height);
  return [
    { rect: transcript, lines: transcriptLines(state, transcript.width, transcript.height) },
    { rect: rule, lines: [ruleLine(state, rule.width)] },
    {
      rect: composer,
      lines: written.lines.map((line) => ({ target: { kind: "composer", offset: 0 } as const, ...line })),
      cursor: state.pane === "composer" ? written.cursor : undefined,
    },
  ];
}

function beside(left: Line, right: Line, x: number): Line {
  if (x === 0) return right;
  return right.spans.length === 0
    ? left
    : { spans: [...left.spans, blank(x - widthOf(left.spans)), ...right.spans] };
}

function cursorOf({ rect, lines, cursor }: Pane): Place | undefined {
  const y = cursor === undefined ? lines.findIndex((line) => line.cursor !== undefined) : cursor.y;
  const x = cursor === undefined ? lines[y]?.cursor : cursor.x;
  if (x === undefined) return undefined;
  return { x: rect.x + Math.max(0, Math.min(rect.width - 1, x)), y: rect.y + y };
}

function hitsOf({ rect, lines }: Pane): Hit[] {
  return lines.flatMap((line, at) => {
    const row = { x: rect.x, y: rect.y + at, width: rect.width, height: 1 };
    const parts = partsOf(line).map((part) => ({ ...row, ...part, x: rect.x + part.x }));
    return line.target === undefined ? parts : [{ ...row, target: line.target }, ...parts];
  });
}

/** Those of a line that mean something of their own. */
function partsOf({ spans }: Line): Pick<Hit, "x" | "width" | "target">[] {
  if (spans.every(({ target }) => target === undefined)) return [];
  return spans.flatMap((span, at) => {
    const { target } = span;
    return target === undefined ? [] : [{ x: widthOf(spans.slice(0, at)), width: widthOf([span]), target }];
  });
}

export function targetAt({ hits }: Frame, x: number, y: number): Target | undefined {
  return hits.findLast((hit) => x >= hit.x && x < hit.x + hit.width && y >= hit.y && y < hit.y + hit.height)
    ?.target;
}
