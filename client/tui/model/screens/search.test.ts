import { describe, expect, it } from "vitest";
import { answer, click, press, refuse } from "../../../../test/support/tui-keys.ts";
import { hits } from "../../../../test/support/tui-screens.ts";
import { morning, open } from "../../../../test/support/tui-state.ts";
import type { State } from "../state.ts";

const start = () => press(morning({ hasFocus: false }), "ctrl-f")[0];
const found = (state: State, query: string) => answer(state, { what: "search", query, hits });
const broken = { code: "bad_input", message: "A quote is not closed.", hint: undefined };

describe("a search", () => {
  it("begins with the first letter", () => {
    expect(press(start(), "d")[1]).toEqual([{ kind: "search", query: "d" }]);
  });

  it("runs one at a time, and goes on with what was typed meanwhile", () => {
    const [typed, effects] = press(start(), "d", "e", "p");
    expect(effects).toEqual([]);
    const [state, after] = found(typed, "d");
    expect(after).toEqual([{ kind: "search", query: "dep" }]);
    expect(found(state, "dep")[1]).toEqual([]);
  });

  it("goes on after a query that meant nothing, too", () => {
    const [typed] = press(start(), '"', "d", '"');
    const [state, effects] = refuse(typed, "search", broken);
    expect(effects).toEqual([{ kind: "search", query: '"d"' }]);
    expect(state.notices).toEqual([]);
  });

  it("says why a query means nothing, until it is another", () => {
    const [failed] = refuse(press(start(), '"', "d")[0], "search", broken);
    expect(failed.screens).toMatchObject([{ found: { hits: { kind: "failed", failure: broken } } }]);
    expect(press(failed, '"')[1]).toEqual([{ kind: "search", query: '"d"' }]);
  });

  it("looks for nothing while there are only filters and signs", () => {
    const [here] = press(morning({ pane: "transcript", hasFocus: false }), "/");
    expect(press(here, "*", "space", "-")[1]).toEqual([]);
    expect(press(here, "space", "x")[1]).toEqual([{ kind: "search", query: "in:#ops  x" }]);
  });

  it("forgets what was found when the query is empty again", () => {
    const [state] = found(press(start(), "d")[0], "d");
    expect(press(state, "backspace")[0].screens).toMatchObject([{ found: undefined }]);
  });

  it("is not misled by the answer to another one", () => {
    const [state] = found(press(start(), "d")[0], "other");
    expect(state.screens).toMatchObject([{ found: undefined, asked: "d" }]);
  });

  it("jumps to what was found, where it stands in its conversation", () => {
    const [state] = found(press(start(), "d")[0], "d");
    const [there, effects] = press(state, "enter");
    expect(effects).toEqual([{ kind: "open", conversation: "ops", around: "m1" }]);
    expect(there.screens).toEqual([]);
    expect(click(state, 1)[1]).toContainEqual({ kind: "open", conversation: "carol", around: "m2" });
    expect(press(state, "down", "down", "down", "enter")[1]).toContainEqual({
      kind: "open",
      conversation: "carol",
      around: "m2",
    });
  });

  it("of this conversation begins with its name", () => {
    const [state] = press(morning({ pane: "transcript" }), "/");
    expect(state.screens).toMatchObject([{ kind: "search", query: { text: "in:#ops " } }]);
    const [direct] = press(morning({ pane: "transcript", open: open("bob") }), "/");
    expect(direct.screens).toMatchObject([{ query: { text: "in:bob " } }]);
  });
});
