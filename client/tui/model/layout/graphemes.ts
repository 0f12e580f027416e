import stringWidth from "string-width";

/** What a reader takes for one character, with the cells that a terminal gives it. */
export interface Grapheme {
  readonly at: number;
  readonly text: string;
  readonly cells: number;
}

/**
 * Letters, punctuation, arrows and shapes that take one cell each, whatever stands beside them: no need to segment
 * them, nor to compile the patterns that it takes, which costs milliseconds at the start.
 */
const narrow =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u2199\u21b3\u2500-\u25fc\u2713]*$/;

export function isNarrow(text: string): boolean {
  return narrow.test(text);
}

const MAX_KNOWN = 4_096;
const known = new Map<string, number>();
let segmenter: Intl.Segmenter | undefined;

/** The graphemes of a text, in order. */
export function* graphemes(text: string): Generator<Grapheme> {
  if (isNarrow(text)) {
    for (let at = 0; at < text.length; at++) yield { at, text: text.charAt(at), cells: 1 };
    return;
  }
  segmenter ??= new Intl.Segmenter();
  for (const { segment, index } of segmenter.segment(text)) {
    yield { at: index, text: segment, cells: cellsOf(segment) };
  }
}

function cellsOf(grapheme: string): number {
  let cells = known.get(grapheme);
  if (cells === undefined) {
    cells = stringWidth(grapheme);
    // Somebody could send ever new ones.
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(grapheme, cells);
  }
  return cells;
}
