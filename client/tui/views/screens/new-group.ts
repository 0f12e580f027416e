import { safeText } from "../../../safe-text.ts";
import { column, span, widthOf } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { signed } from "../../model/screens/details-items.ts";
import { type NewGroupItem, nameOf, newGroupItems } from "../../model/screens/new-group.ts";
import type { NewGroupScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { fieldLine } from "./field.ts";
import { emptyRow, failureRows, itemRow, listing, type Row, titleRow } from "./listing.ts";
import { nobodyRows } from "./people.ts";

const LABEL = 8;
/** Before what is written in a field. */
const MARK = 3;

export function newGroupLines(screen: NewGroupScreen, state: State, width: number, height: number): Line[] {
  const items = newGroupItems(screen, state);
  const isOnName = items[screen.chosen]?.kind === "name";
  const rows = items.map((item, at) => row(screen, item, at, at === screen.chosen, width));
  const [name = emptyRow, openness = emptyRow, create = emptyRow, ...people] = rows;
  const field = fieldLine(screen.query, "A name to find somebody by", width);
  const { cursor, ...withoutCursor } = field;
  const search: Row = { line: isOnName || cursor === undefined ? withoutCursor : field };
  const found = people.length > 0 ? people : nobodyRows({ ...screen, failure: undefined }, state, width);
  const foot = screen.failure === undefined ? [] : [emptyRow, ...failureRows(screen.failure, width)];
  const body = [name, openness, emptyRow, create, emptyRow, titleRow("Members"), search, ...found];
  return listing({ body, foot, chosen: screen.chosen }, width, height);
}

function row(screen: NewGroupScreen, item: NewGroupItem, at: number, isChosen: boolean, width: number): Row {
  switch (item.kind) {
    case "name":
      return nameRow(screen, at, isChosen, width);
    case "openness": {
      const text = screen.isOpen
        ? "room, whoever is on this relay may join"
        : "group, only for those who are invited";
      return itemRow(at, isChosen, [...column("Kind", LABEL, "plain"), span(text, "strong")]);
    }
    case "create":
      return itemRow(at, isChosen, [span(createText(screen))]);
    case "person":
      return itemRow(at, isChosen, [span(item.isPicked ? "[x] " : "[ ] "), span(item.name)]);
  }
}

/** The name is written where it stands. */
function nameRow({ name }: NewGroupScreen, at: number, isChosen: boolean, width: number): Row {
  const label = itemRow(at, isChosen, column("Name", LABEL, "plain"));
  const before = label.line.spans;
  const used = widthOf(before);
  if (!isChosen) {
    const shown = name.text === "" ? span("none yet", "dim") : span(name.text, "strong");
    return { ...label, line: { ...label.line, spans: [...before, shown] } };
  }
  const field = fieldLine(name, "such as ops", Math.max(4, width - used + MARK));
  // The bar at the left says already that one writes here.
  const cursor = used + (field.cursor ?? 0) - MARK;
  return { ...label, line: { ...label.line, spans: [...before, ...field.spans.slice(1)], cursor } };
}

function createText(screen: NewGroupScreen): string {
  const { isOpen, members, isBusy } = screen;
  const name = nameOf(screen);
  const what = `${isOpen ? "room" : "group"}${name === "" ? "" : ` ${signed(name)}`}`;
  if (isBusy) return `Making the ${what}…`;
  const [first, second, third] = members;
  const others =
    first === undefined
      ? "you alone for now"
      : second === undefined
        ? `you and ${first}`
        : third === undefined
          ? `you, ${first} and ${second}`
          : `you and ${members.length} others`;
  return safeText(`Make the ${what}: ${others}`);
}
