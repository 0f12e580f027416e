import { commands } from "../../model/command.ts";
import { rowOf } from "../../model/conversation-list.ts";
import { keyLabel, keysFor } from "../../model/keymap.ts";
import { span } from "../../model/layout/spans.ts";
import type { Line, Span } from "../../model/line.ts";
import { type PaletteItem, paletteItems } from "../../model/screens/palette.ts";
import type { PaletteScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { apart, line, windowStart } from "../parts.ts";
import { counted, titleOf } from "../words.ts";
import { fieldLine } from "./field.ts";

export function paletteLines(screen: PaletteScreen, state: State, width: number, height: number): Line[] {
  const items = paletteItems(state, screen.query.text);
  const room = Math.max(0, height - 2);
  const start = windowStart(screen.chosen, items.length, room);
  const shown = items
    .slice(start, start + room)
    .map((item, at) => itemLine(state, item, start + at, start + at === screen.chosen, width));
  const nothing = items.length === 0 ? [line("   Nothing is called that.", "dim")] : [];
  const field = fieldLine(screen.query, "A name or a command", width);
  return [field, line(""), ...shown, ...nothing].slice(0, height);
}

function itemLine(state: State, item: PaletteItem, index: number, isChosen: boolean, width: number): Line {
  const [name, about] = described(state, item);
  const mark = [span(" "), isChosen ? span("▌", "accent") : span(" "), span(" ")];
  const right = about === "" ? [] : [span(about, "dim"), span(" ")];
  const left: Span[] = [...mark, span(name, isChosen ? "chosen" : "plain")];
  // On a wide screen what belongs together stays together.
  return { spans: apart(left, right, Math.min(width, 72)), target: { kind: "item", index } };
}

function described(state: State, item: PaletteItem): readonly [string, string] {
  if (item.kind === "command") {
    const [key] = keysFor(state.keymap, item.command);
    return [commands[item.command].label, key === undefined ? "" : keyLabel(key)];
  }
  const row = rowOf(state, item.name);
  if (row === undefined) return [item.name, ""];
  if (row.standing === "invited") return [titleOf(row), "invited"];
  return [titleOf(row), row.unread > 0 ? counted(row.unread, "unread", "unread") : ""];
}
