import type { CommandName } from "../../model/command.ts";
import type { RoomRow } from "../../model/data.ts";
import { keyLabel, keysFor } from "../../model/keymap.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { signed } from "../../model/screens/details-items.ts";
import { nameFrom } from "../../model/screens/moving.ts";
import { roomsShown } from "../../model/screens/rooms.ts";
import type { RoomsScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { counted } from "../words.ts";
import { fieldLine } from "./field.ts";
import { emptyRow, failureRows, itemRow, listing, plainRow, type Row, textRows } from "./listing.ts";

const NAME = 34;
const MEMBERS = 14;

export function roomsLines(screen: RoomsScreen, state: State, width: number, height: number): Line[] {
  const rooms = roomsShown(screen);
  const names = rooms.map(({ name }) => name);
  const chosen = names.indexOf(nameFrom(names, screen.chosen) ?? "");
  const head: Row[] = [{ line: fieldLine(screen.query, "A room: enter joins it", width) }, emptyRow];
  const body =
    rooms.length > 0
      ? rooms.map((room, at) => roomRow(room, at, at === chosen, screen, width))
      : noRoomRows(screen, state, width);
  const foot = screen.failure === undefined ? [] : [emptyRow, ...failureRows(screen.failure, width)];
  return listing({ head, body, foot, chosen }, width, height);
}

function roomRow(
  { name, members, joined }: RoomRow,
  item: number,
  isChosen: boolean,
  { joining }: RoomsScreen,
  width: number,
): Row {
  const fact = joining === name ? "joining…" : joined ? "you are in it" : "";
  return itemRow(item, isChosen, [
    ...column(signed(name), Math.min(NAME, Math.max(12, width - MEMBERS - 17)), "plain"),
    ...column(counted(members, "member"), MEMBERS, "dim"),
    span(fact, "dim"),
  ]);
}

function noRoomRows({ rooms, query }: RoomsScreen, state: State, width: number): Row[] {
  if (rooms.kind === "loading") return textRows("Asking the relay for its rooms…", width);
  if (rooms.kind === "failed") return failureRows(rooms.failure, width, "Enter asks again.");
  const wanted = query.text.trim();
  const text = wanted === "" ? "There is no room on this relay yet." : `No room is called ${wanted}.`;
  return [plainRow(text), commandRow(state, "new group", "makes one")];
}

/** A key and what it does, to be clicked too. */
function commandRow({ keymap }: State, command: CommandName, what: string): Row {
  const [key] = keysFor(keymap, command);
  const { line } = plainRow(key === undefined ? `The palette ${what}.` : `${keyLabel(key)} ${what}.`, "dim");
  return { line: { ...line, target: { kind: "command", command } } };
}
