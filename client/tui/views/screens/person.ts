import type { SafetyNumber } from "../../model/data.ts";
import { blank, column, span, widthOf } from "../../model/layout/spans.ts";
import { isSameDay } from "../../model/layout/times.ts";
import type { Line } from "../../model/line.ts";
import type { Loadable } from "../../model/loadable.ts";
import { type DetailsItem, detailsItems } from "../../model/screens/details-items.ts";
import type { DetailsScreen } from "../../model/screens/screen.ts";
import type { ThemeName } from "../../model/settings.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { shorten } from "../parts.ts";
import { VERIFIED } from "../words.ts";
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
import { notifyWords } from "./notify-words.ts";

const GROUPS_A_LINE = 4;
const GAP = 2;
const LABEL = 12;
/** The digits and their margin need so much beside a code. */
const LEAST_TEXT = 28;

/** What can be done about somebody, and the safety number: digits to read out, and the same to scan. */
export function personLines(
  screen: DetailsScreen,
  number: Loadable<SafetyNumber>,
  state: State,
  width: number,
  height: number,
): Line[] {
  const code = number.kind === "loaded" ? codeRows(number.value.qr, state.settings.theme) : [];
  const codeWidth = Math.max(0, ...code.map((row) => row.length));
  const isBeside = code.length > 0 && code.length <= height && width - codeWidth - GAP >= LEAST_TEXT;
  const room = isBeside ? Math.min(width - codeWidth - GAP, 48) : width;
  const items = detailsItems(screen, state);
  const rowsOf = (...kinds: readonly DetailsItem["kind"][]) =>
    items.flatMap((item, at) => (kinds.includes(item.kind) ? [itemOf(screen, item, at)] : []));
  const answers = rowsOf("same", "differ", "forget");
  const standing = rowsOf("accept", "block", "unblock");
  const rows = [
    ...rowsOf("write", "notify"),
    emptyRow,
    titleRow("Safety number"),
    ...numberRows(screen.name, number, state, room),
    ...answers,
    ...(standing.length === 0 ? [] : [emptyRow, ...standing]),
  ];
  const hint =
    code.length > 0 && !isBeside ? textRows("A larger window shows it as a QR code, too.", width) : [];
  const foot = screen.failure === undefined ? hint : [emptyRow, ...failureRows(screen.failure, room)];
  const left = listing({ body: rows, foot, chosen: screen.chosen }, room, height);
  if (!isBeside) return left;
  const isRoomy = code.length < height;
  return Array.from({ length: Math.max(left.length, code.length + Number(isRoomy)) }, (_, y) =>
    beside(left[y], code[y - Number(isRoomy)] ?? "", room + GAP, width),
  );
}

function beside(left: Line | undefined, code: string, at: number, width: number): Line {
  const spans = left?.spans ?? [];
  const all = [...spans, blank(at - widthOf(spans)), span(code)];
  return { ...left, spans: shorten(all, width) };
}

function itemOf({ name, chosen }: DetailsScreen, item: DetailsItem, at: number): Row {
  const who = name.replace(/^@/, "");
  if (item.kind === "notify") {
    const level = span(notifyWords[item.level], "strong");
    return itemRow(at, at === chosen, [...column("Tell me of", LABEL, "plain"), level]);
  }
  const labels: Partial<Record<DetailsItem["kind"], string>> = {
    same: "They match: mark as verified",
    differ: "They do not match",
    forget: "Take the verified mark away",
    write: `Write to ${who}`,
    accept: `Accept ${who}`,
    block: `Block ${who}`,
    unblock: `Unblock ${who}`,
  };
  return itemRow(at, at === chosen, [span(labels[item.kind] ?? "", item.kind === "block" ? "bad" : "plain")]);
}

function numberRows(name: string, number: Loadable<SafetyNumber>, state: State, width: number): Row[] {
  if (number.kind === "loading") return textRows("Working it out…", width);
  if (number.kind === "failed") return failureRows(number.failure, width, "Enter tries again.");
  const groups = groupsOf(number.value.digits);
  const lines = Array.from({ length: Math.ceil(groups.length / GROUPS_A_LINE) }, (_, at) =>
    groups.slice(at * GROUPS_A_LINE, (at + 1) * GROUPS_A_LINE).join(" "),
  );
  const { verifiedAt } = number.value;
  const explanation = `${name} sees the same digits, or somebody stands between you. Compare them by voice or face to face.`;
  const mark = `${VERIFIED} Verified, you compared it ${dayOf(verifiedAt ?? 0, state.now)}.`;
  return [
    ...lines.map((line) => plainRow(line)),
    ...(verifiedAt === undefined ? textRows(explanation, width) : textRows(mark, width, "good")),
  ];
}

function dayOf(at: number, now: number): string {
  return isSameDay(at, now) ? "today" : `on ${date(at, now)}`;
}

/** In groups of five, as they are read out. */
export function groupsOf(digits: string): readonly string[] {
  return digits.match(/.{1,5}/g) ?? [];
}

const inverse: Readonly<Record<string, string>> = { "█": " ", " ": "█", "▀": "▄", "▄": "▀" };

/** Made for light blocks on a dark ground; on a light ground it is the other way round. */
function codeRows(qr: readonly string[], theme: ThemeName): readonly string[] {
  if (theme !== "light") return qr;
  return qr.map((row) => Array.from(row, (block) => inverse[block] ?? block).join(""));
}
