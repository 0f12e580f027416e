// Ink takes every row of a frame apart anew and measures each of its characters, all of which it knew a key ago: two
// thirds of what a key costs. In our bundle it keeps them from one frame to the next, up to a bound; what is on the
// screen stays the same, cell by cell.
import { readFile } from "node:fs/promises";

/** Rows, each taken apart into its characters: 10 KB each. The largest screens have a few hundred. */
const MOST_ROWS = 500;
/** Texts of which no more than the width is kept. */
const MOST_WIDTHS = 10_000;

/** Which texts in which file become what, and what is added at the file's end. */
const changes = [
  {
    file: /[\\/]node_modules[\\/]ink[\\/]build[\\/]output\.js$/,
    swaps: [
      ["caches = new OutputCaches();", "caches = lastingCaches();"],
      [
        /row\.push\(\{\s+type: 'char',\s+value: ' ',\s+fullWidth: false,\s+styles: \[\],\s+\}\);/,
        "row.push(emptyCell);",
      ],
    ],
    end: `
const emptyCell = { type: "char", value: " ", fullWidth: false, styles: [] };
let lasting = new OutputCaches();
function lastingCaches() {
  if (lasting.styledChars.size > ${MOST_ROWS} || lasting.widths.size > ${MOST_WIDTHS}) lasting = new OutputCaches();
  return lasting;
}`,
  },
  {
    file: /[\\/]node_modules[\\/]string-width[\\/]index\.js$/,
    swaps: [["export default function stringWidth(", "function measure("]],
    end: `
const known = new Map();
export default function stringWidth(text, options) {
  if (options !== undefined) return measure(text, options);
  let width = known.get(text);
  if (width !== undefined) return width;
  if (known.size >= ${MOST_WIDTHS}) known.clear();
  width = measure(text);
  known.set(text, width);
  return width;
}`,
  },
];

/** For esbuild. A package in which a text is not found just once has changed: the build ends, so that somebody looks. */
export const quickInk = {
  name: "quick-ink",
  setup({ onLoad }) {
    for (const { file, swaps, end } of changes) {
      onLoad({ filter: file }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [from, to] of swaps) {
          const parts = contents.split(from);
          if (parts.length !== 2) throw new Error(`${path} has changed: look at scripts/quick-ink.mjs again`);
          contents = parts.join(to);
        }
        return { contents: contents + end };
      });
    }
  },
};
