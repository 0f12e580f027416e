import type { RequestRow } from "../../model/data.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { signed } from "../../model/screens/details-items.ts";
import { chosenItem, requestItems } from "../../model/screens/requests.ts";
import type { RequestsScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { moment } from "../moment.ts";
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

const NAME = 18;
const WHEN = 8;

/** Whoever wrote first, and how: enough to know whether one wants to read it. Below them, who was blocked. */
export function requestsLines(screen: RequestsScreen, state: State, width: number, height: number): Line[] {
  const chosen = chosenItem(screen, state);
  const rows = requestItems(state).map((item, at) =>
    item.kind === "request"
      ? requestRow(item.request, at, at === chosen, state, width)
      : itemRow(at, at === chosen, [span(item.name)]),
  );
  const { length } = state.requests;
  const asked =
    length === 0 ? nobodyRows(width) : [...explanation(width), emptyRow, ...rows.slice(0, length)];
  const blocked = rows.length === length ? [] : [emptyRow, titleRow("Blocked"), ...rows.slice(length)];
  const foot = screen.failure === undefined ? [] : [emptyRow, ...failureRows(screen.failure, width)];
  return listing({ body: [...asked, ...blocked], foot, chosen }, width, height);
}

function nobodyRows(width: number): Row[] {
  const text =
    "Strangers who write to you first appear here, apart from your conversations. They do not hear whether you read it.";
  return [plainRow("Nobody waits for an answer."), ...textRows(text, width)];
}

function explanation(width: number): Row[] {
  return textRows("They do not hear whether you read this. To accept lets you answer.", width);
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
