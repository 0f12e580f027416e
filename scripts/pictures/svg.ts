// The cells of a terminal as an SVG. Each character stands in its own cell whatever the font of whoever looks at it, and
// what terminals draw themselves (lines, blocks) is drawn here too, without seams.
import type { Cell } from "../../test/support/virtual-terminal.ts";
import type { Palette } from "./palette.ts";

const WIDTH = 9;
const HEIGHT = 20;
const MARGIN = 16;
const BASELINE = 15;
const FONT = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

export interface Picture {
  readonly title: string;
  readonly cells: readonly (readonly Cell[])[];
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
  readonly palette: Palette;
}

/** Parts of a cell that block elements fill: left, top, width and height, in eighths. */
const blocks: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "█": [0, 0, 8, 8],
  "▀": [0, 0, 8, 4],
  "▄": [0, 4, 8, 4],
  "▌": [0, 0, 4, 8],
  "▐": [4, 0, 4, 8],
  "▏": [0, 0, 1, 8],
};

export function svgOf({ title, cells, cursor, palette }: Picture): string {
  const width = (cells[0]?.length ?? 0) * WIDTH + 2 * MARGIN;
  const height = cells.length * HEIGHT + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${FONT}" font-size="15" shape-rendering="crispEdges">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" shape-rendering="auto" fill="${palette.background}"/>`,
    ...cells.flatMap((row, y) => rowOf(row, y, palette)),
    ...(cursor === undefined
      ? []
      : [rect(left(cursor.x), top(cursor.y) + 2, 2, HEIGHT - 4, `fill="${palette.text}"`)]),
    "</svg>",
    "",
  ].join("\n");
}

interface Run {
  readonly from: number;
  readonly cells: Cell[];
}

function rowOf(row: readonly Cell[], y: number, palette: Palette): string[] {
  const runs: Run[] = [];
  for (const [x, cell] of row.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && look(last.cells[0]) === look(cell)) last.cells.push(cell);
    else runs.push({ from: x, cells: [cell] });
  }
  return runs.flatMap((run) => runOf(run, y, palette));
}

function look(cell: Cell | undefined): string {
  return JSON.stringify({ ...cell, text: "", width: 0 });
}

function runOf({ from, cells }: Run, y: number, palette: Palette): string[] {
  const [cell] = cells;
  if (cell === undefined) return [];
  const [ink, paper] = inksOf(cell, palette);
  const fill = `fill="${ink}"${cell.isDim ? ' fill-opacity=".58"' : ""}`;
  const parts: string[] = [];
  if (paper !== undefined) {
    parts.push(rect(left(from), top(y), cells.length * WIDTH, HEIGHT, `fill="${paper}"`));
  }
  if (cell.isUnderlined) {
    parts.push(rect(left(from), top(y) + BASELINE + 2, cells.length * WIDTH, 1, fill));
  }
  const weight = cell.isBold ? ' font-weight="bold"' : "";
  let word: Letter[] = [];
  const endWord = () => {
    if (word.length > 0) parts.push(textOf(word, y, fill + weight));
    word = [];
  };
  for (const [at, { text }] of cells.entries()) {
    const x = left(from + at);
    const block = blocks[text];
    const isLetter = block === undefined && text !== "─" && text.trim() !== "";
    if (!isLetter || text.length > 1) endWord();
    if (block !== undefined) parts.push(blockOf(block, x, top(y), fill));
    else if (text === "─") parts.push(rect(x, top(y) + HEIGHT / 2, WIDTH, 1, fill));
    else if (isLetter) word.push({ x, text });
    if (text.length > 1) endWord();
  }
  endWord();
  return joined(parts);
}

interface Letter {
  readonly x: number;
  readonly text: string;
}

/** A word: whoever draws it knows the place of each letter, or at least where it begins. */
function textOf(letters: readonly Letter[], y: number, how: string): string {
  const places = letters.map(({ x }) => x).join(" ");
  const text = letters.map(({ text }) => text).join("");
  return `<text x="${places}" y="${top(y) + BASELINE}" ${how}>${escaped(text)}</text>`;
}

function inksOf({ color, background, isInverse }: Cell, palette: Palette): [string, string | undefined] {
  const of = (value: number | string | undefined) =>
    typeof value === "number" ? (palette.colors[value] ?? palette.text) : value;
  const [ink, paper] = [of(color) ?? palette.text, of(background)];
  return isInverse ? [paper ?? palette.background, ink] : [ink, paper];
}

function blockOf(
  [x, y, width, height]: readonly [number, number, number, number],
  atX: number,
  atY: number,
  fill: string,
): string {
  const [w, h] = [WIDTH / 8, HEIGHT / 8];
  return rect(atX + x * w, atY + y * h, width * w, height * h, fill);
}

/** Neighbours as one: without seams, and less to write. */
function joined(parts: readonly string[]): string[] {
  const all: string[] = [];
  for (const part of parts) {
    const one = rectangle.exec(all.at(-1) ?? "");
    const other = rectangle.exec(part);
    const fits =
      one !== null &&
      other !== null &&
      Number(one[1]) + Number(one[3]) === Number(other[1]) &&
      [2, 4, 5].every((at) => one[at] === other[at]);
    if (!fits) all.push(part);
    else {
      const width = Number(one[3]) + Number(other[3]);
      all[all.length - 1] = rect(Number(one[1]), Number(one[2]), width, Number(one[4]), one[5] ?? "");
    }
  }
  return all;
}

const rectangle = /^<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" (.*)\/>$/;

function rect(x: number, y: number, width: number, height: number, how: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${how}/>`;
}

function left(x: number): number {
  return MARGIN + x * WIDTH;
}

function top(y: number): number {
  return MARGIN + y * HEIGHT;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
