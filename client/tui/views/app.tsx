import { Box, type Instance, type RenderOptions, render, Text, useCursor } from "ink";
import { memo } from "react";
import type { Line, Span } from "../model/line.ts";
import type { ThemeName } from "../model/state.ts";
import { propsOf } from "../theme.ts";
import type { Frame } from "./frame.ts";
import { paint } from "./paint.ts";

export interface Screen {
  draw(frame: Frame, theme: ThemeName, columns: number): void;
  /** The terminal does not show any more what was drawn: the next frame is drawn whole. */
  forget(): void;
  end(): void;
}

/** Ink on this canvas. It neither reads keys nor changes modes of the terminal: `terminal.ts` does. */
export function mount(canvas: NodeJS.WritableStream, input: NodeJS.ReadStream): Screen {
  let ink: Instance | undefined;
  return {
    draw: (frame, theme, columns) => {
      const app = <App frame={frame} theme={theme} columns={columns} />;
      if (ink === undefined) ink = render(app, { ...options, stdout: canvas, stdin: input });
      else ink.rerender(app);
    },
    forget: () => ink?.clear(),
    end: () => ink?.unmount(),
  };
}

const options: RenderOptions = {
  interactive: true,
  exitOnCtrlC: false,
  patchConsole: false,
  incrementalRendering: true,
  // The runtime says when to draw; within a millisecond after a frame Ink puts the next one off, whatever it is told.
  maxFps: 1_000,
};

/** The only React there is: one text a row. */
function App({ frame, theme, columns }: { frame: Frame; theme: ThemeName; columns: number }) {
  // At the cursor an input method shows what is being composed.
  useCursor().setCursorPosition(frame.cursor);
  return (
    <Box flexDirection="column" width={columns} height={frame.rows.length}>
      {frame.rows.map((line, y) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
        <Row key={y} line={line} theme={theme} />
      ))}
    </Box>
  );
}

const Row = memo(function Row({ line, theme }: { line: Line; theme: ThemeName }) {
  // One text with its colours in it: Ink takes twice as long for a text of several parts.
  const text = line.spans.map(({ text, style }) => paint(text, propsOf(style, theme))).join("");
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate">{text}</Text>
    </Box>
  );
}, isSame);

function isSame(one: { line: Line; theme: ThemeName }, other: { line: Line; theme: ThemeName }): boolean {
  if (one.theme !== other.theme) return false;
  if (one.line === other.line) return true;
  const [spans, others] = [one.line.spans, other.line.spans];
  return spans.length === others.length && spans.every((span, at) => isSameSpan(span, others[at]));
}

function isSameSpan(one: Span, other: Span | undefined): boolean {
  return one === other || (one.text === other?.text && one.style === other.style);
}
