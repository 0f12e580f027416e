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
import { emptyRow, failureRows, itemRow, listing, type Row, textRows, titleRow } from "./listing.ts";

const LABEL = 12;
const INDENT = "     ";

export function relayLines(screen: RelayScreen, state: State, width: number, height: number): Line[] {
  const { relay } = screen;
  const facts =
    relay.kind === "loaded"
      ? factRows(relay.value, state, width)
      : relay.kind === "loading"
        ? textRows("Looking it up…", width)
        : failureRows(relay.failure, width, "Enter tries again.");
  const connect = itemRow(0, screen.chosen === 0, [span("Connect now, and ask again")]);
  const findings = relay.kind === "loaded" ? findingRows(relay.value, screen.chosen, state, width) : [];
  const body = [...facts, emptyRow, connect, emptyRow, ...findings];
  return listing({ body, chosen: screen.chosen }, width, height);
}

function factRows({ url, roundTripMs }: RelayDetails, { connection }: State, width: number): Row[] {
  const { queued, why } = connection;
  return [
    pair("Address", url),
    pair("Connection", connectionText(connection)),
    ...(why === undefined ? [] : textRows(why, width).map(({ line }) => indented(line))),
    pair("Round trip", roundTrip(roundTripMs)),
    pair("Waiting", queued === 0 ? "nothing" : `${counted(queued, "message")}, sent once it answers`),
  ];
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
    const item = index + 1;
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
