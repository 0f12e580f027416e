/** The colours of a terminal: what the pictures are drawn in. */
export interface Palette {
  readonly text: string;
  readonly background: string;
  /** Black, red, green, yellow, blue, magenta, cyan, white; then the bright ones. */
  readonly colors: readonly string[];
}

export const dark: Palette = {
  text: "#d5d9e2",
  background: "#14171c",
  colors: [
    ...["#2a2f38", "#e5727b", "#8fc27a", "#dcb46c", "#6aa5e8", "#c18be0", "#56bfc9", "#c8ccd4"],
    ...["#5d6573", "#f08d94", "#a9d694", "#ecca8a", "#8dbdf2", "#d4a8ec", "#7fd4dc", "#f2f4f8"],
  ],
};

export const light: Palette = {
  text: "#2c3038",
  background: "#fbfaf7",
  colors: [
    ...["#2c3038", "#b3313c", "#3f7d2c", "#8a6410", "#2a5db8", "#8b3fa8", "#0f7480", "#d8d6d0"],
    ...["#6a7080", "#c8434e", "#4c9136", "#9d7416", "#3a70d0", "#a052be", "#168795", "#ffffff"],
  ],
};
