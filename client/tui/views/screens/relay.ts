import { safeText } from "../../../safe-text.ts";
import type { RelayDetails } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import { wrap } from "../../model/layout/text.ts";
import { clock } from "../../model/layout/times.ts";
import type { Line, Span, Style } from "../../model/line.ts";
import type { RelayScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { connectionText } from "../status.ts";
import { counted } from "../words.ts";
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

const LABEL = 12;
const INDENT = "     ";
/** Of a check: its sign and its name. */
const CHECK = 14;

export function relayLines(screen: RelayScreen, state: State, width: number, height: number): Line[] {
  const { relay } = screen;
  const facts =
    relay.kind === "loaded"
      ? factRows(relay.value, state, width)
      : relay.kind === "loading"
        ? textRows("Looking it up…", width)
        : failureRows(relay.failure, width, "Enter tries again.");
  const doings = [
    itemRow(0, screen.chosen === 0, [span("Connect now, and ask again")]),
    itemRow(1, screen.chosen === 1, [span(screen.isChecking ? "Checking…" : "Check what is wrong")]),
  ];
  const findings = relay.kind === "loaded" ? findingRows(relay.value, screen.chosen, state, width) : [];
  const body = [...facts, emptyRow, ...doings, ...checkRows(screen, width), emptyRow, ...findings];
  return listing({ body, chosen: screen.chosen }, width, height);
}

/** What is wrong first, each with what to do about it; what is well takes a line alone. */
function checkRows({ checks, isChecking }: RelayScreen, width: number): Row[] {
  if (checks === undefined) return [];
  if (checks.kind === "failed") return failureRows(checks.failure, width);
  const all = checks.kind === "loaded" ? checks.value : [];
  const bad = all.filter(({ isGood }) => !isGood);
  const good = all.filter(({ isGood }) => isGood);
  const verdict =
    isChecking || bad.length > 0 || all.length === 0 ? [] : [plainRow("✓ All is well.", "good")];
  return [
    ...verdict,
    ...bad.flatMap(({ name, detail, hint }) => [
      ...checkLines("!", "bad", name, detail, width),
      ...(hint === undefined ? [] : textRows(hint, width - CHECK).map(({ line }) => shifted(line))),
    ]),
    ...good.flatMap(({ name, detail }) => checkLines("✓", "good", name, detail, width)),
  ];
}

function checkLines(sign: string, style: Style, name: string, detail: string, width: number): Row[] {
  const room = Math.max(1, Math.min(72, width - CHECK - 4));
  return wrap(safeText(detail), room).map((row, at): Row => {
    const before: Span[] =
      at === 0
        ? [span(`   ${sign} `, style), ...column(name, CHECK - 2, "dim")]
        : [span(" ".repeat(CHECK + 3))];
    return { line: { spans: [...before, { text: row, style: "plain" }] } };
  });
}

function shifted(line: Line): Row {
  return { line: { spans: [span(" ".repeat(CHECK)), ...line.spans] } };
}

function factRows(
  { url, roundTripMs, proof, directory, registration }: RelayDetails,
  { connection }: State,
  width: number,
): Row[] {
  const { queued, why } = connection;
  return [
    pair("Address", url),
    ...told("Known by", proof, width),
    pair("Connection", connectionText(connection)),
    ...(why === undefined ? [] : textRows(why, width).map(({ line }) => indented(line))),
    pair("Round trip", roundTrip(roundTripMs)),
    pair("Waiting", queued === 0 ? "nothing" : `${counted(queued, "message")}, sent once it answers`),
    ...told("Directory", directory, width),
    ...told("Newcomers", registration, width),
  ];
}

/** Nothing where nothing is known. */
function told(label: string, text: string | undefined, width: number): Row[] {
  if (text === undefined) return [];
  const [first = "", ...more] = wrap(safeText(text), Math.max(1, Math.min(72, width - LABEL - 4)));
  return [pair(label, first), ...more.map((row) => pair("", row))];
}

function indented(line: Line): Row {
  return { line: { spans: [span(" ".repeat(LABEL)), ...line.spans] } };
}

function roundTrip(ms: RelayDetails["roundTripMs"]): string {
  if (ms === "asking") return "asking…";
  if (ms === undefined) return "no answer";
  return ms < 1 ? "less than 1 ms" : `${Math.round(ms)} ms`;
}

function pair(label: string, value: string): Row {
  return { line: { spans: [span("   "), ...column(label, LABEL, "dim"), span(value)] } };
}

/** What did not fit what was promised, the newest first. */
function findingRows({ findings }: RelayDetails, chosen: number, state: State, width: number): Row[] {
  if (findings.length === 0)
    return [
      titleRow("Findings"),
      ...textRows("None. All that the relay has shown so far fits together.", width),
    ];
  const rows = findings.flatMap(({ at, text, gravity }, index): Row[] => {
    const item = index + 2;
    const [sign, style]: readonly [string, Style] = gravity === "stop" ? ["!", "bad"] : ["·", "dim"];
    const when: Span[] = [span(`${sign} `, style), span(`${date(at, state.now)} ${clock(at)}`, "dim")];
    const lines = wrap(safeText(text), Math.max(1, Math.min(72, width - INDENT.length - 1)));
    return [
      itemRow(item, item === chosen, when),
      ...lines.map(
        (line): Row => ({
          line: {
            spans: [span(INDENT), { text: line, style: "plain" }],
            target: { kind: "item", index: item },
          },
        }),
      ),
    ];
  });
  const stops = findings.filter(({ gravity }) => gravity === "stop").length;
  const note =
    stops === 0 ? [] : textRows("Send no secrets before you know why: ask those concerned.", width, "bad");
  return [titleRow("Findings"), ...note, ...rows];
}
