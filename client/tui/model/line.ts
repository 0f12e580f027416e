import type { SafeText } from "../../safe-text.ts";
import type { Target } from "./event.ts";

/** What a piece of text is for; the theme says how it looks. Nothing is told by it alone. */
export type Style =
  | "plain"
  | "dim"
  | "strong"
  | "accent"
  /** What is chosen, where the keys act. */
  | "chosen"
  | "good"
  | "warn"
  | "bad"
  | "link"
  | "code"
  | "match"
  /** A sender's name: eight hues, by name. */
  | `name${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

/** Text of one style on one line. */
export interface Span {
  readonly text: SafeText;
  readonly style: Style;
  /** What a click on it means, where that is not for all of the line. */
  readonly target?: Target;
}

/** One row of a pane, at most as wide as the pane in cells. */
export interface Line {
  readonly spans: readonly Span[];
  /** What a click on it means. */
  readonly target?: Target;
  /** The cell of the text cursor, on the line of a screen that is being written on. */
  readonly cursor?: number;
}
