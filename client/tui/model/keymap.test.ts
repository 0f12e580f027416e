import { describe, expect, it } from "vitest";
import { commandNames, commands } from "./command.ts";
import { readKeyFile } from "./key-file.ts";
import {
  commandFor,
  contextsOfCommand,
  defaultKeymap,
  keyIn,
  keyLabel,
  keymapWith,
  keysFor,
} from "./keymap.ts";

describe("keymap", () => {
  it("gives no key to two commands of one context, as it comes", () => {
    const all = commandNames.flatMap((name) =>
      contextsOfCommand(name).flatMap((context) => commands[name].keys.map((key) => `${context} ${key}`)),
    );
    expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([]);
  });

  it("takes a key from the command that had it", () => {
    const keymap = keymapWith(new Map([["people", ["alt-a"]]]));
    expect(commandFor(keymap, ["everywhere"], "alt-a")).toBe("people");
    expect(keysFor(keymap, "next unread")).toEqual([]);
  });

  it("lets a list have keys of its own, and the palette its key everywhere", () => {
    const keymap = defaultKeymap();
    expect(commandFor(keymap, ["list", "everywhere"], "ctrl-p")).toBe("up");
    expect(commandFor(keymap, ["conversations", "list", "everywhere"], "ctrl-p")).toBe("palette");
  });

  it("shows no key that another command hides where one is", () => {
    const keymap = defaultKeymap();
    expect(keyIn(keymap, ["composer", "text", "everywhere"], "focus next")).toBeUndefined();
    expect(keyIn(keymap, ["transcript", "everywhere"], "focus next")).toBe("tab");
  });

  it.each([
    ["ctrl-p", "Ctrl-P"],
    ["alt-a", "Alt-a"],
    ["alt-A", "Alt-A"],
    ["alt-comma", "Alt-,"],
    ["shift-tab", "Shift-Tab"],
    ["pageup", "PgUp"],
    ["up", "↑"],
    ["f1", "F1"],
    ["G", "G"],
    ["-", "-"],
    ["alt--", "Alt--"],
    ["ctrl-_", "Ctrl-_"],
  ])("writes %s as %s", (key, label) => {
    expect(keyLabel(key)).toBe(label);
  });
});

describe("key file", () => {
  it("gives keys to commands, and to none where it names none", () => {
    const { bindings, mistakes } = readKeyFile(
      "# mine\n\nnext unread = alt-a, F5\nQuit =\r\nvote up = +, =\n search = Ctrl-Shift-f, alt-comma, comma\n",
    );
    expect(mistakes).toEqual([]);
    expect([...bindings]).toEqual([
      ["next unread", ["alt-a", "f5"]],
      ["quit", []],
      ["vote up", ["+", "="]],
      ["search", ["ctrl-F", "alt-comma", ","]],
    ]);
  });

  it.each([
    ["next unraed = f5", "there is no command “next unraed”. Is it “next unread”?"],
    ["xyzzy = f5", "there is no command “xyzzy”."],
    ["quit = ctrl-enterr", "there is no key “ctrl-enterr”."],
    ["quit = f13", "there is no key “f13”."],
    ["quit = ctrl-q,", "a key is missing."],
    ["quit", "it is not `command = key, key`, as in `next unread = alt-a, f5`."],
    ["quit = esc", "Esc always steps back."],
  ])("says what is wrong with “%s”, and on which line", (line, sentence) => {
    const { mistakes, bindings } = readKeyFile(`# keys\n\n${line}\nhelp = f2\n`);
    expect(mistakes).toEqual([`Line 3 of the key file: ${sentence}`]);
    expect([...bindings]).toEqual([["help", ["f2"]]]);
  });

  it("names both lines that want one key", () => {
    const { mistakes, bindings } = readKeyFile("people = f5\nrooms = f5\nreply = f5\n");
    expect(mistakes).toEqual(["Line 2 of the key file: “f5” belongs to another command already, on line 1."]);
    expect([...bindings.keys()]).toEqual(["people", "reply"]);
  });

  it("never loses the way back", () => {
    expect(commandFor(keymapWith(readKeyFile("back = f9").bindings), ["everywhere"], "esc")).toBe("back");
    expect(commandFor(keymapWith(readKeyFile("back =").bindings), ["everywhere"], "esc")).toBe("back");
  });
});
