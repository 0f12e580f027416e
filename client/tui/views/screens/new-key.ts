import type { KeyChange } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line, Style } from "../../model/line.ts";
import { newKeyAnswers } from "../../model/screens/new-key.ts";
import type { NewKeyScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { emptyRow, failureRows, itemRow, listing, plainRow, type Row, textRows } from "./listing.ts";
import { groupsOf } from "./person.ts";

const LABEL = 8;
/** Six groups of five with their spaces, and what stands before them. */
const SIX = 3 + LABEL + 36;

/** The number before and the number now, to be compared with the person and not with each other. */
export function newKeyLines(screen: NewKeyScreen, _state: State, width: number, height: number): Line[] {
  const who = screen.name.replace(/^@/, "");
  const { change, chosen, failure } = screen;
  if (change.kind === "loading")
    return listing({ body: textRows("Looking it up…", width), chosen: 0 }, width, height);
  if (change.kind === "failed") {
    const body = failureRows(change.failure, width, "Enter tries again.");
    return listing({ body, chosen: 0 }, width, height);
  }
  const about = `Either ${who} has made a new account, or somebody else took the name. Ask ${who} by another way, and compare the new number. Until you accept it nothing is sent.`;
  const head = [
    plainRow(`! ${who} has other keys than before`, "bad"),
    ...textRows(about, width),
    ...numbers(change.value, width),
    emptyRow,
  ];
  const answers = newKeyAnswers.map((answer, at) => {
    const text = screen.isBusy && at === chosen ? "Accepting…" : labels(who)[answer];
    return itemRow(at, at === chosen, [span(text, answer === "block" ? "bad" : "plain")]);
  });
  const foot = failure === undefined ? [] : [emptyRow, ...failureRows(failure, width)];
  return listing({ head, body: answers, foot, chosen }, width, height);
}

function labels(who: string): Readonly<Record<(typeof newKeyAnswers)[number], string>> {
  return {
    later: "Not now",
    same: `${who} sees the new number: accept, and mark as verified`,
    accept: "Accept without comparing",
    block: `Block ${who}`,
  };
}

function numbers({ before, now, wasVerified }: KeyChange, width: number): Row[] {
  const label = wasVerified ? "before ✓" : "before";
  return [...numberRows(label, before, "dim", width), ...numberRows("now", now, "strong", width)];
}

function numberRows(label: string, digits: string, style: Style, width: number): Row[] {
  const groups = groupsOf(digits);
  const each = width >= SIX ? 6 : 4;
  return Array.from({ length: Math.ceil(groups.length / each) }, (_, at): Row => {
    const text = groups.slice(at * each, (at + 1) * each).join(" ");
    return {
      line: { spans: [span("   "), ...column(at === 0 ? label : "", LABEL + 1, "dim"), span(text, style)] },
    };
  });
}
