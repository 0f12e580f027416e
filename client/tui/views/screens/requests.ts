import type { RequestRow } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { signed } from "../../model/screens/details-items.ts";
import { chosenRequest } from "../../model/screens/requests.ts";
import type { RequestsScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { moment } from "../moment.ts";
import { counted } from "../words.ts";
import { emptyRow, failureRows, itemRow, listing, plainRow, type Row, textRows } from "./listing.ts";

const NAME = 18;
const WHEN = 8;

/** Whoever wrote first, and how: enough to know whether one wants to read it. */
export function requestsLines(screen: RequestsScreen, state: State, width: number, height: number): Line[] {
  const { requests } = state;
  const foot = screen.failure === undefined ? [] : [emptyRow, ...failureRows(screen.failure, width)];
  if (requests.length === 0) {
    const body = [
      plainRow("Nobody waits for an answer."),
      ...textRows(
        "Strangers who write to you first appear here, apart from your conversations. They do not hear whether you read it.",
        width,
      ),
    ];
    return listing({ body, foot, chosen: 0 }, width, height);
  }
  const at = requests.findIndex(({ name }) => name === chosenRequest(screen, state)?.name);
  const head = [
    ...textRows("They do not hear whether you read this. To answer accepts, too.", width),
    emptyRow,
  ];
  const body = requests.map((request, item) => requestRow(request, item, item === at, state, width));
  return listing({ head, body, foot, chosen: at }, width, height);
}

function requestRow(request: RequestRow, item: number, isChosen: boolean, state: State, width: number): Row {
  const { kind, from, name, text, messages, at } = request;
  const nameWidth = Math.max(8, Math.min(NAME, Math.floor(width / 3)));
  const said =
    kind === "group"
      ? `invites you to ${signed(name)}`
      : messages > 1
        ? `${text} (${counted(messages, "message")})`
        : text;
  return itemRow(item, isChosen, [
    ...column(from, nameWidth, "plain"),
    ...column(moment(at, state.now), WHEN, "dim"),
    span(said, "dim"),
  ]);
}
