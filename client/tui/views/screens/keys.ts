import { rowOf } from "../../model/conversation-list.ts";
import type { KeyDetails } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line, Span } from "../../model/line.ts";
import { type KeysItem, keysItems, shortId } from "../../model/screens/keys.ts";
import type { KeysScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { counted, VERIFIED } from "../words.ts";
import { emptyRow, failureRows, itemRow, listing, type Row, textRows, titleRow } from "./listing.ts";
import { groupsOf } from "./person.ts";

const LABEL = 13;
const ID_WIDTH = 21;

export function keysLines(screen: KeysScreen, state: State, width: number, height: number): Line[] {
  const { keys, failure } = screen;
  if (keys.kind === "loading")
    return listing({ body: textRows("Looking them up…", width), chosen: 0 }, width, height);
  if (keys.kind === "failed") {
    const body = failureRows(keys.failure, width, "Enter tries again.");
    return listing({ body, chosen: 0 }, width, height);
  }
  const items = keysItems(screen, state);
  const rows = items.map((item, at) => itemOf(screen, item, at, state));
  const ofKind = (kind: KeysItem["kind"]) => rows.filter((_, at) => items[at]?.kind === kind);
  const people = ofKind("person");
  const body = [
    ...ownRows(keys.value),
    ...ofKind("rotate"),
    emptyRow,
    titleRow("Devices"),
    ...ofKind("device"),
    emptyRow,
    titleRow("Safety numbers"),
    ...(people.length > 0 ? people : textRows("Nobody to compare with yet: write to somebody first.", width)),
  ];
  const foot =
    failure === undefined
      ? []
      : [
          emptyRow,
          ...failureRows(
            failure,
            width,
            failure.code === "relay_unreachable" ? "They go out when it answers." : undefined,
          ),
        ];
  return listing({ body, foot, chosen: screen.chosen }, width, height);
}

function itemOf(screen: KeysScreen, item: KeysItem, at: number, state: State): Row {
  const isChosen = at === screen.chosen;
  switch (item.kind) {
    case "device": {
      const since = `since ${date(item.since, state.now)}`;
      const text = item.isThis ? `this one, ${since}: sign out` : `${since}: revoke`;
      return itemRow(at, isChosen, [...column(shortId(item.id), ID_WIDTH, "plain"), span(text, "dim")]);
    }
    case "rotate": {
      const text = screen.isRotating ? "Making new prekeys…" : "Rotate prekeys now";
      return itemRow(at, isChosen, [
        ...column(text, ID_WIDTH, "plain"),
        span("by themselves every week", "dim"),
      ]);
    }
    case "person": {
      const isVerified = rowOf(state, item.name)?.isVerified === true;
      return itemRow(at, isChosen, [
        span(item.name),
        span(isVerified ? ` ${VERIFIED} verified` : "", "good"),
      ]);
    }
  }
}

function ownRows({ fingerprint, prekeysLeft, sessions }: KeyDetails): Row[] {
  return [
    pair("Fingerprint", [span(groupsOf(fingerprint).join(" "), "strong")]),
    pair("", [span("half of each safety number of yours", "dim")]),
    pair("Prekeys", [span(prekeysText(prekeysLeft))]),
    pair("Sessions", [span(`with ${counted(sessions, "device")}`)]),
  ];
}

/** One-time pairs let others begin while this device is away. */
function prekeysText(left: KeyDetails["prekeysLeft"]): string {
  if (left === "asking") return "asking the relay…";
  return left === undefined ? "the relay does not say" : `${counted(left, "one-time pair")} left`;
}

function pair(label: string, value: readonly Span[]): Row {
  return { line: { spans: [span("   "), ...column(label, LABEL, "dim"), ...value] } };
}
