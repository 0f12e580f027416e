import { describe, expect, it } from "vitest";
import { row, morning as someMorning } from "../../../../test/support/tui-state.ts";
import { commandNames, commands } from "../command.ts";
import { geometryOf } from "../geometry.ts";
import { keymapWith } from "../keymap.ts";
import type { State } from "../state.ts";
import { update } from "../update.ts";
import { HELP_COLUMN, helpRows } from "./help.ts";
import { paletteItems } from "./palette.ts";
import { settingRows } from "./settings.ts";

/** Nobody looks at the terminal, so nothing is read. */
function morning(more: Partial<State> = {}): State {
  return someMorning({ hasFocus: false, ...more });
}

/** Keys as somebody presses them, one after the other. */
function press(state: State, ...keys: readonly string[]) {
  return keys.reduce<ReturnType<typeof update>>(
    ([now], key) => update(now, { kind: "key", key, text: [...key].length === 1 ? key : "" }),
    [state, []],
  );
}

describe("the palette", () => {
  it("reaches every conversation and every command", () => {
    const state = morning();
    const items = paletteItems(state, "");
    for (const { name } of state.conversations) expect(items).toContainEqual({ kind: "conversation", name });
    for (const command of commandNames) {
      if (command === "palette" || "hidden" in commands[command]) continue;
      expect(items).toContainEqual({ kind: "command", command });
      expect(paletteItems(state, commands[command].label)[0]).toEqual({ kind: "command", command });
    }
  });

  it("goes to what is typed, conversations first", () => {
    const [state, effects] = press(morning(), "ctrl-p", "m", "u", "enter");
    expect(effects).toEqual([{ kind: "open", conversation: "music" }]);
    expect(state.screens).toEqual([]);
  });

  it("finds a group by its title", () => {
    expect(paletteItems(morning(), "operat")[0]).toEqual({ kind: "conversation", name: "ops" });
    expect(paletteItems(morning(), "#ops")[0]).toEqual({ kind: "conversation", name: "ops" });
    expect(paletteItems(morning(), "@bob")[0]).toEqual({ kind: "conversation", name: "bob" });
  });

  it("does what a command says", () => {
    expect(press(morning(), "ctrl-p", ..."quit", "enter")[1]).toEqual([{ kind: "quit" }]);
    expect(press(morning(), "ctrl-p", ..."settings", "enter")[0].screens).toEqual([
      { kind: "settings", chosen: 0 },
    ]);
  });

  it("goes on where the choice is after the conversations have changed", () => {
    const [opened] = press(morning(), "ctrl-p", "z", "o", "e");
    const [state] = update(opened, {
      kind: "chat",
      data: { what: "conversations", rows: [row("zoe")], isWhole: false },
    });
    expect(press(state, "enter")[1]).toEqual([{ kind: "open", conversation: "zoe" }]);
  });

  it("stays on its list and opens nothing that is not there", () => {
    const [state] = press(morning(), "ctrl-p", "up", "up");
    expect(state.screens).toMatchObject([{ kind: "palette", chosen: 0 }]);
    expect(press(morning(), "ctrl-p", ..."qqqqqq", "enter")[0].screens).toHaveLength(1);
  });
});

describe("help", () => {
  it("tells every command that has a key", () => {
    const labels = helpRows(morning(), 60).flatMap((cells) =>
      cells.map((cell) => "label" in cell && cell.label),
    );
    for (const name of commandNames) {
      if (commands[name].keys.length > 0) expect(labels).toContain(commands[name].label);
    }
  });

  it("shows the keys that somebody has chosen", () => {
    const keymap = keymapWith(new Map([["people", ["f7"]]]));
    expect(helpRows(morning({ keymap }), 60)).toContainEqual([{ kind: "key", keys: "F7", label: "People" }]);
  });

  it("lays no title at the foot of a column, and all keys in as many columns as fit, whatever has keys", () => {
    for (let unbound = 0; unbound < commandNames.length; unbound++) {
      const keymap = keymapWith(new Map(commandNames.slice(1, unbound).map((name) => [name, []])));
      const keysAt = (width: number) =>
        helpRows(morning({ keymap }), width)
          .flat()
          .filter(({ kind }) => kind === "key").length;
      for (let columns = 1; columns <= 5; columns++) {
        const rows = helpRows(morning({ keymap }), columns * HELP_COLUMN);
        expect(keysAt(columns * HELP_COLUMN)).toBe(keysAt(HELP_COLUMN));
        for (const cells of rows) expect(cells.length).toBeLessThanOrEqual(columns);
        for (const cell of rows.at(-1) ?? []) expect(cell.kind).not.toBe("title");
      }
    }
  });

  it("scrolls no further than its end, and closes with its own key", () => {
    const [state] = press(morning({ rows: 16 }), "f1", ...Array.from({ length: 30 }, () => "pagedown"));
    const { main } = geometryOf(state);
    expect(state.screens).toEqual([
      { kind: "help", above: helpRows(state, main.width).length - main.height },
    ]);
    expect(press(state, "f1")[0].screens).toEqual([]);
  });
});

describe("settings", () => {
  it("asks for what comes next, and shows it when it is saved", () => {
    const [state, effects] = press(morning(), "alt-comma", "down", "space");
    expect(effects).toEqual([{ kind: "save setting", name: "mouse", value: "off" }]);
    expect(state.settings.mouse).toBe(true);
    const [saved] = update(state, { kind: "chat", data: { what: "settings", settings: { mouse: false } } });
    expect(settingRows(saved)[1]).toMatchObject({ name: "mouse", value: "off", next: "on" });
  });

  it("goes through all themes", () => {
    const seen: string[] = [];
    let state = morning();
    for (let step = 0; step < 4; step++) {
      const [row] = settingRows(state);
      seen.push(row?.value ?? "");
      const theme = row?.next as State["settings"]["theme"];
      [state] = update(state, { kind: "chat", data: { what: "settings", settings: { theme } } });
    }
    expect(seen).toEqual(["dark", "light", "high contrast", "no colour"]);
    expect(state.settings.theme).toBe("dark");
  });
});

describe("a question", () => {
  const asked = update(morning(), { kind: "click", target: { kind: "conversation", name: "oncall" } })[0];

  it("is answered by a letter that only one answer begins with", () => {
    expect(press(asked, "d")[1]).toEqual([{ kind: "decline", name: "oncall" }]);
    expect(press(asked, "x")[0].screens).toHaveLength(1);
  });

  it("does nothing where it is left", () => {
    expect(press(asked, "esc")).toEqual([{ ...asked, screens: [] }, []]);
    expect(press(asked, "l")[1]).toEqual([]);
  });
});

describe("before there is an account", () => {
  it("leads nowhere but to help and out", () => {
    const first = morning({ me: "", screens: [{ kind: "help", above: 0 }] });
    expect(press(first, "alt-comma")[0].screens).toEqual(first.screens);
    expect(press(first, "ctrl-p")[0].screens).toEqual(first.screens);
    expect(press(first, "alt-a")[0].screens).toEqual(first.screens);
    expect(press(first, "ctrl-q")[1]).toEqual([{ kind: "quit" }]);
  });
});
