import { encode } from "uqr";

/** By whether the upper and the lower module of a cell are light. */
const blocks = [" ", "▄", "▀", "█"] as const;

/** A QR code in half blocks, its light parts drawn: as scanners want it on a dark ground. */
export function qrRows(text: string): readonly string[] {
  const { data } = encode(text, { ecc: "M", border: 1 });
  const isLight = (row: number, at: number) => data[row]?.[at] === false;
  return Array.from({ length: Math.ceil(data.length / 2) }, (_, y) =>
    Array.from({ length: data.length }, (_, x) => {
      const upper = isLight(2 * y, x) ? 2 : 0;
      const lower = isLight(2 * y + 1, x) ? 1 : 0;
      return blocks[upper + lower];
    }).join(""),
  );
}
