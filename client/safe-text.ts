declare const brand: unique symbol;

/** Text that a terminal shows and does not obey. */
export type SafeText = string & { readonly [brand]: "SafeText" };

/** Written scripts need at most a handful of combining marks on one character. */
const MAX_MARKS = 8;
const TAB = "    ";

/** Most text, and no need to compile the patterns below, which takes milliseconds. */
const plain = /^[\x20-\x7e]*$/;

const pictures: Record<string, string> = { "\u007f": "␡", "\u2028": "␤", "\u2029": "␤" };

/**
 * What a terminal might obey, or what makes text read other than it is stored: C0, DEL, C1, bidi controls and marks,
 * line separators, invisible operators, annotation and tag characters, the byte order mark, unpaired surrogates.
 * ZWJ and ZWNJ stay: emoji and several scripts need them.
 */
const unsafe =
  /[\p{Cc}\p{Cs}\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const piledMarks = new RegExp(`((?:[\\p{M}\\u200c\\u200d]){${MAX_MARKS}})[\\p{M}\\u200c\\u200d]+`, "gu");

/** Remote text for one line: line ends are shown too. The only maker of SafeText, with `safeBlock`. */
export function safeText(text: string): SafeText {
  return (plain.test(text) ? text : capMarks(text).replace(unsafe, show)) as SafeText;
}

/** Remote text for several lines: keeps line feeds, widens tabs. */
export function safeBlock(text: string): SafeText {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => safeText(line.replaceAll("\t", TAB))).join("\n") as SafeText;
}

/**
 * JSON whose every unsafe character is a `\uXXXX` escape: the same value for a parser, harmless for a terminal. Line
 * breaks in it are escapes anyway, so it is one line.
 */
export function safeJson(value: unknown): SafeText {
  const json = JSON.stringify(value);
  return (plain.test(json) ? json : json.replace(unsafe, escapeUnits)) as SafeText;
}

function capMarks(text: string): string {
  return text.replace(piledMarks, "$1\ufffd");
}

/** ␛ for ESC, and so on; \u{202e} for what has no picture. */
function show(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return pictures[character] ?? `\\u{${code.toString(16)}}`;
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}
