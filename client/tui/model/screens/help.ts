import { type CommandName, type Context, commandNames, commands } from "../command.ts";
import { geometryOf } from "../geometry.ts";
import { keyLabel, keysFor } from "../keymap.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { stepOf } from "./moving.ts";
import type { HelpScreen } from "./screen.ts";

export type HelpRow =
  | { readonly kind: "title"; readonly text: string }
  | { readonly kind: "key"; readonly keys: string; readonly label: string }
  | { readonly kind: "blank" };

/** A column of the help screen: keys and what they do. */
export const HELP_COLUMN = 54;
export const HELP_KEYS = 20;

const sections: readonly { readonly context: Context; readonly title: string }[] = [
  { context: "everywhere", title: "Everywhere" },
  { context: "composer", title: "While you write" },
  { context: "transcript", title: "On a message (Shift-Tab goes there)" },
  { context: "decision", title: "Before a stranger or new keys" },
  { context: "list", title: "In lists" },
  { context: "details", title: "In details" },
  { context: "text", title: "In a text" },
];

export const help: Behaviour<HelpScreen> = {
  contexts: () => ["list"],
  run(screen, command, state) {
    const page = Math.max(1, geometryOf(state).main.height - 2);
    const by = command === "mark" ? page : stepOf(command, page);
    if (by !== undefined) return scrolled(screen, state, by);
    return command === "choose" || command === "help" ? { screen: "close" } : undefined;
  },
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};

function scrolled(screen: HelpScreen, state: State, by: number): Step<HelpScreen> {
  const { width, height } = geometryOf(state).main;
  const most = Math.max(0, helpRows(state, width).length - height);
  return { screen: { ...screen, above: Math.max(0, Math.min(most, screen.above + by)) } };
}

/** The key table, side by side in as many columns as fit: each row has one cell a column. */
export function helpRows({ keymap }: State, width: number): readonly (readonly HelpRow[])[] {
  const all = sections.flatMap(({ context, title }): HelpRow[] => {
    const keys = commandNames
      .filter((name) => commands[name].context === context)
      .flatMap((name) => keyRow(keymap, name));
    return keys.length === 0 ? [] : [{ kind: "title", text: title }, ...keys, { kind: "blank" }];
  });
  const count = Math.max(1, Math.floor(width / HELP_COLUMN));
  let height = Math.max(2, Math.ceil(all.length / count));
  let columns = columnsOf(all, height);
  while (columns.length > count) columns = columnsOf(all, ++height);
  return Array.from({ length: height }, (_, y) =>
    columns.map((column): HelpRow => column[y] ?? { kind: "blank" }),
  );
}

/** A title begins no column's last row, and nothing blank a column. */
function columnsOf(all: readonly HelpRow[], height: number): HelpRow[][] {
  const columns: HelpRow[][] = [];
  let column: HelpRow[] = [];
  for (const row of all) {
    if (
      column.length >= height ||
      (row.kind === "title" && column.length > 0 && column.length >= height - 1)
    ) {
      columns.push(column);
      column = [];
    }
    if (row.kind !== "blank" || column.length > 0) column.push(row);
  }
  return column.length === 0 ? columns : [...columns, column];
}

/** As many of its keys as there is room for. */
function keyRow(keymap: State["keymap"], name: CommandName): HelpRow[] {
  const [first, ...others] = keysFor(keymap, name).map(keyLabel);
  if (first === undefined) return [];
  const keys = others.reduce((shown, key) => {
    const longer = `${shown}  ${key}`;
    return longer.length <= HELP_KEYS ? longer : shown;
  }, first);
  return [{ kind: "key", keys, label: commands[name].label }];
}
