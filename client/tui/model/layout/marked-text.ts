import type { SafeText } from "../../../safe-text.ts";
import type { Span, Style } from "../line.ts";
import { breaks, cut } from "./text.ts";

/** A piece of a text that looks different. */
interface Marked {
  readonly from: number;
  readonly to: number;
  readonly style: Style;
}

/** Lines of text, or of code between two lines of three backticks. */
interface Block {
  readonly isCode: boolean;
  readonly text: string;
}

export interface TextLine {
  readonly spans: readonly Span[];
  readonly isCode: boolean;
}

const FENCE = /^ {0,3}```[^`]*$/;
const CODE_EDGE = "│ ";

/** A message's text in lines: code in blocks and between backticks, links, and where `me` is mentioned. */
export function textLines(text: SafeText, width: number, me: string, limit: number): readonly TextLine[] {
  const lines: TextLine[] = [];
  for (const { isCode, text: part } of blocksOf(text)) {
    const left = limit - lines.length;
    if (left <= 0) break;
    lines.push(...(isCode ? codeLines(part, width, left) : plainLines(part, width, me, left)));
  }
  return lines;
}

/** A fence that nothing closes is text. */
function blocksOf(text: string): readonly Block[] {
  if (!text.includes("```")) return [{ isCode: false, text }];
  const blocks: Block[] = [];
  let plain: string[] = [];
  const lines = text.split("\n");
  const fences = lines.flatMap((line, at) => (FENCE.test(line) ? [at] : []));
  let at = 0;
  for (let which = 0; which + 1 < fences.length; which += 2) {
    const [open = 0, close = 0] = fences.slice(which, which + 2);
    plain = lines.slice(at, open);
    if (plain.length > 0) blocks.push({ isCode: false, text: plain.join("\n") });
    blocks.push({ isCode: true, text: lines.slice(open + 1, close).join("\n") });
    at = close + 1;
  }
  const rest = lines.slice(at);
  if (rest.length > 0) blocks.push({ isCode: false, text: rest.join("\n") });
  return blocks;
}

function codeLines(text: string, width: number, limit: number): readonly TextLine[] {
  const edge: readonly Span[] =
    width > 2 * CODE_EDGE.length ? [{ text: CODE_EDGE as SafeText, style: "dim" }] : [];
  const room = width - edge.length * CODE_EDGE.length;
  return breaks(text, room, { anywhere: true, limit }).map(({ from, to }) => ({
    spans: [...edge, { text: cut(text.slice(from, to) as SafeText, room), style: "code" }],
    isCode: true,
  }));
}

function plainLines(text: string, width: number, me: string, limit: number): readonly TextLine[] {
  const lines = breaks(text, width, { limit });
  const marked = markedIn(text.slice(0, lines.at(-1)?.to), me);
  let next = 0;
  return lines.map(({ from, to }) => {
    const spans: Span[] = [];
    let at = from;
    const add = (end: number, style: Style) => {
      if (end > at) spans.push({ text: text.slice(at, end) as SafeText, style });
      at = Math.max(at, end);
    };
    while ((marked[next]?.to ?? Number.POSITIVE_INFINITY) <= from) next += 1;
    for (let which = next; which < marked.length; which++) {
      const mark = marked[which];
      if (mark === undefined || mark.from >= to) break;
      add(mark.from, "plain");
      add(Math.min(mark.to, to), mark.style);
    }
    add(to, "plain");
    return { spans, isCode: false };
  });
}

/** What stands out in a text, in order; pieces of it between backticks are not looked into. */
const outstanding = /`[^`\n]+`|https?:\/\/[^\s<>"`]+|(?<![\p{L}\p{N}])@[\p{L}\p{N}][\p{L}\p{N}_.-]*/gu;

function markedIn(text: string, me: string): readonly Marked[] {
  const found: Marked[] = [];
  for (const { 0: match, index: from } of text.matchAll(outstanding)) {
    if (match.startsWith("`")) found.push({ from, to: from + match.length, style: "code" });
    else if (!match.startsWith("@")) found.push({ from, to: from + linkLength(match), style: "link" });
    else if (names(match, me)) found.push({ from, to: from + 1 + me.length, style: "accent" });
  }
  return found;
}

/** Punctuation at the end of a link belongs to the sentence; so does a bracket that the link did not open. */
function linkLength(match: string): number {
  let open = 0;
  for (const character of match) open += character === "(" ? 1 : character === ")" ? -1 : 0;
  let length = match.length;
  for (; length > 0; length--) {
    const last = match.charAt(length - 1);
    if (last === ")" && open < 0) open += 1;
    else if (!".,;:!?'*_~".includes(last)) break;
  }
  return length;
}

/** Full stops and dashes may belong to a name or to the sentence. */
function names(mention: string, me: string): boolean {
  return mention.startsWith(me, 1) && /^[.-]*$/.test(mention.slice(1 + me.length));
}
