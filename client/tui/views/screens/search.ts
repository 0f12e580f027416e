import { rowOf } from "../../model/conversation-list.ts";
import type { SearchHit } from "../../model/data.ts";
import { span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import type { SearchScreen } from "../../model/screens/screen.ts";
import { hitsOf, isSearch } from "../../model/screens/search.ts";
import type { State } from "../../model/state.ts";
import { moment } from "../moment.ts";
import { apart } from "../parts.ts";
import { counted, titleOf } from "../words.ts";
import { fieldLine } from "./field.ts";
import {
  emptyRow,
  failureRows,
  itemRow,
  listing,
  plainRow,
  type Row,
  textRows,
  titleRow,
} from "./listing.ts";

const WIDEST = 90;

export function searchLines(screen: SearchScreen, state: State, width: number, height: number): Line[] {
  const head: Row[] = [{ line: fieldLine(screen.query, "What you look for, in all conversations", width) }];
  const hits = hitsOf(screen);
  const body =
    hits.length > 0
      ? hits.flatMap((hit, at) => hitRows(hit, at, at === screen.chosen, state, width))
      : nothingRows(screen, width);
  return listing(
    { head: [...head, stateRow(screen, hits.length)], body, chosen: screen.chosen },
    width,
    height,
  );
}

function stateRow({ asked, found }: SearchScreen, count: number): Row {
  if (count > 0) return plainRow(`${counted(count, "message")}, newest first`, "dim");
  return asked !== undefined && found === undefined ? plainRow("Searching…", "dim") : emptyRow;
}

function hitRows(
  { conversation, from, at, snippet }: SearchHit,
  item: number,
  isChosen: boolean,
  state: State,
  width: number,
): Row[] {
  const row = rowOf(state, conversation);
  const where = row === undefined ? conversation : titleOf(row);
  const first = itemRow(item, isChosen, [span(where), span(`  ${from}`, "dim")]);
  const spans = apart(
    first.line.spans,
    [span(moment(at, state.now), "dim"), span(" ")],
    Math.min(width, WIDEST),
  );
  const text = snippet.map(({ text, isMatch }) => span(text, isMatch ? "match" : "plain"));
  return [
    { ...first, line: { ...first.line, spans } },
    { line: { spans: [span("     "), ...text], target: { kind: "item", index: item } } },
  ];
}

/** Nothing was typed, nothing was found, or it could not be looked for. */
function nothingRows(screen: SearchScreen, width: number): Row[] {
  const { found, query } = screen;
  if (!isSearch(query.text)) return hintRows();
  if (found === undefined) return [];
  if (found.hits.kind === "failed") return failureRows(found.hits.failure, width);
  return [
    plainRow("Nothing was found."),
    ...textRows("Whole words count; a star ends a word that you know the beginning of: deplo*", width),
  ];
}

function hintRows(): Row[] {
  const hints = [
    ["deplo*", "words that begin so"],
    ['"went wrong"', "these words in a row"],
    ["from:bob in:#ops", "of somebody, in a conversation"],
    ["after:2d before:2026-11-20", "a time"],
  ] as const;
  return [
    titleRow("Type a word. These narrow it down:"),
    ...hints.map(
      ([example, what]): Row => ({
        line: { spans: [span("   "), span(example.padEnd(28), "code"), span(what, "dim")] },
      }),
    ),
  ];
}
