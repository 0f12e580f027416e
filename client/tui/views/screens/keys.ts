import type { KeyDetails } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line, Span } from "../../model/line.ts";
import { keysItems } from "../../model/screens/keys.ts";
import type { KeysScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { counted } from "../words.ts";
import { emptyRow, failureRows, itemRow, listing, type Row, textRows, titleRow } from "./listing.ts";
import { groupsOf } from "./person.ts";

const LABEL = 13;
/** Of a device's id: nobody compares more by eye, and `chat whoami` has all of it. */
const ID_DIGITS = 16;

export function keysLines(screen: KeysScreen, state: State, width: number, height: number): Line[] {
  const { keys, failure } = screen;
  if (keys.kind === "loading")
    return listing({ body: textRows("Looking them up…", width), chosen: 0 }, width, height);
  if (keys.kind === "failed") {
    const body = failureRows(keys.failure, width, "Enter tries again.");
    return listing({ body, chosen: 0 }, width, height);
  }
  const items = keysItems(state).map((item, at): Row => {
    const isChosen = at === screen.chosen;
    if (item.kind === "person") return itemRow(at, isChosen, [span(item.name)]);
    const text = screen.isRotating ? "Making new prekeys…" : "Rotate prekeys now";
    return itemRow(at, isChosen, [...column(text, 21, "plain"), span("by themselves every week", "dim")]);
  });
  const [rotate = emptyRow, ...people] = items;
  const body = [
    ...ownRows(keys.value, state),
    emptyRow,
    rotate,
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

function ownRows({ fingerprint, devices, prekeysLeft, sessions }: KeyDetails, state: State): Row[] {
  return [
    pair("Fingerprint", [span(groupsOf(fingerprint).join(" "), "strong")]),
    pair("", [span("half of each safety number of yours", "dim")]),
    ...devices.map(({ id, isThis, since }, at) =>
      pair(at === 0 ? (devices.length === 1 ? "Device" : "Devices") : "", [
        span(id.slice(0, ID_DIGITS).replace(/.{4}(?=.)/g, "$& ")),
        span(`  ${isThis ? "this one, " : ""}since ${date(since, state.now)}`, "dim"),
      ]),
    ),
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
