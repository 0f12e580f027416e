// Where a cursor may stand in a text: between what a reader takes for two characters, and around words.

/** Made when it is first needed. */
let segmenter: Intl.Segmenter | undefined;

interface Piece {
  readonly from: number;
  readonly to: number;
}

/** The grapheme that this place is in, or that begins there. */
function around(text: string, at: number): Piece {
  // Letters and digits join nothing before them, and nothing joins a line feed.
  if (isAlone(text, at)) return { from: at, to: at + 1 };
  segmenter ??= new Intl.Segmenter();
  // Lines end graphemes: a short line is quickly segmented, whatever surrounds it.
  const start = lineStart(text, at);
  const feed = text.indexOf("\n", at);
  const line = text.slice(start, feed === -1 ? text.length : feed + 1);
  const found = segmenter.segment(line).containing(at - start);
  return found === undefined
    ? { from: text.length, to: text.length }
    : { from: start + found.index, to: start + found.index + found.segment.length };
}

/** Whether this unit is a grapheme for sure: it and its neighbours are ASCII. */
function isAlone(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  return (
    text.charCodeAt(at) < 0x7f &&
    (at === 0 || text.charCodeAt(at - 1) < 0x7f) &&
    (at + 1 === text.length || text.charCodeAt(at + 1) < 0x7f)
  );
}

/** The edge after this one. */
export function nextEdge(text: string, at: number): number {
  return at >= text.length ? text.length : around(text, at).to;
}

/** The edge before this one. */
export function previousEdge(text: string, at: number): number {
  return at <= 0 ? 0 : around(text, Math.min(at, text.length) - 1).from;
}

/** This place if it is an edge, otherwise the end of the grapheme that it is in. */
export function edgeFrom(text: string, at: number): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  const { from, to } = around(text, at);
  return from === at ? at : to;
}

const inWord = /^[\p{L}\p{N}\p{M}_]/u;

/** The end of the word that this place is in or before. */
export function wordEnd(text: string, at: number): number {
  let end = at;
  let isIn = false;
  for (const character of from(text, at)) {
    const belongs = inWord.test(character);
    if (isIn && !belongs) break;
    isIn ||= belongs;
    end += character.length;
  }
  return edgeFrom(text, end);
}

/** The start of the word that this place is in or after. */
export function wordStart(text: string, at: number): number {
  let start = at;
  let isIn = false;
  while (start > 0) {
    const low = text.charCodeAt(start - 1);
    const length = low >= 0xdc00 && low < 0xe000 && start > 1 ? 2 : 1;
    const belongs = inWord.test(text.slice(start - length, start));
    if (isIn && !belongs) break;
    isIn ||= belongs;
    start -= length;
  }
  const edge = edgeFrom(text, start);
  return edge > start && edge >= at ? previousEdge(text, at) : edge;
}

function* from(text: string, at: number): Generator<string> {
  for (let place = at; place < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(place) ?? 0);
    yield character;
    place += character.length;
  }
}

/** The edges of the line, as line feeds part the text. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const feed = text.indexOf("\n", at);
  return feed === -1 ? text.length : feed;
}
