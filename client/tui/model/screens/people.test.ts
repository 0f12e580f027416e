import { describe, expect, it } from "vitest";
import { answer, click, press, refuse } from "../../../../test/support/tui-keys.ts";
import { directory, person, unreachable } from "../../../../test/support/tui-screens.ts";
import { morning, row } from "../../../../test/support/tui-state.ts";
import { nobodyYet, peopleCalled } from "../directory.ts";

const shown = morning({ directory });

describe("people", () => {
  it("asks the relay who is there", () => {
    const [state, effects] = press(morning(), "alt-p");
    expect(state.screens).toMatchObject([{ kind: "people" }]);
    expect(effects).toEqual([{ kind: "list people" }]);
  });

  it("writes to whom one chooses, but never offers oneself", () => {
    const [state, effects] = press(shown, "alt-p", "enter");
    expect(effects).toContainEqual({ kind: "open", conversation: "bob" });
    expect(state).toMatchObject({ screens: [], pane: "composer" });
  });

  it("writes to somebody who is clicked", () => {
    const [opened] = press(shown, "alt-p");
    expect(click(opened, 3)[1]).toContainEqual({ kind: "open", conversation: "erin" });
  });

  it("finds people by what is typed, those who begin with it first", () => {
    const state = morning({ directory: { people: [person("anne"), person("nero")], isWhole: true } });
    expect(peopleCalled(state, "ne").map(({ name }) => name)).toEqual(["nero", "anne"]);
    expect(press(state, "alt-p", "n", "e", "enter")[1]).toContainEqual({
      kind: "open",
      conversation: "nero",
    });
  });

  it("keeps the choice on the same person when somebody new appears", () => {
    const [chosen] = press(shown, "alt-p", "down");
    const news = { what: "people", people: [person("aaron")], isWhole: false } as const;
    const [state] = answer(chosen, news);
    expect(state.directory.people[0]?.name).toBe("aaron");
    expect(press(state, "enter")[1]).toContainEqual({ kind: "open", conversation: "carol" });
  });

  it("means the person where a group has the same name", () => {
    const groups = morning({ directory, conversations: [row("frank", { kind: "group" })] });
    expect(press(groups, "alt-p", ..."frank", "enter")[1]).toContainEqual({
      kind: "open",
      conversation: "@frank",
    });
    const both = morning({ directory, conversations: [row("frank", { kind: "group" }), row("@frank")] });
    expect(press(both, "alt-p", ..."frank", "enter")[1]).toContainEqual({
      kind: "open",
      conversation: "@frank",
    });
  });

  it("asks again with enter where nobody came", () => {
    const [opened] = press(morning({ directory: nobodyYet }), "alt-p");
    const [failed] = refuse(opened, "list people", unreachable);
    expect(failed.screens).toMatchObject([{ failure: unreachable }]);
    expect(failed.notices).toEqual([]);
    const [state, effects] = press(failed, "enter");
    expect(state.screens).toMatchObject([{ failure: undefined }]);
    expect(effects).toEqual([{ kind: "list people" }]);
  });

  it("writes to an exact name where the relay lists nobody", () => {
    const closed = {
      code: "not_allowed",
      message: "This relay does not tell who is on it.",
      hint: undefined,
    };
    const [opened] = press(morning({ directory: nobodyYet }), "alt-p");
    const [failed] = refuse(opened, "list people", closed);
    expect(press(failed, "z", "o", "e", "enter")[1]).toContainEqual({ kind: "open", conversation: "zoe" });
    expect(press(failed, "z", "enter")[1]).toEqual([{ kind: "list people" }]);
  });

  it("hears of people while another screen lies over it", () => {
    const [covered] = press(morning({ directory: nobodyYet }), "alt-p", "f1");
    const [state] = answer(covered, { what: "people", people: [person("bob")], isWhole: true });
    expect(state.screens.map(({ kind }) => kind)).toEqual(["people", "help"]);
    expect(press(state, "esc", "enter")[1]).toContainEqual({ kind: "open", conversation: "bob" });
  });

  it("takes a whole list for all there are", () => {
    const [state] = answer(shown, { what: "people", people: [person("zoe")], isWhole: true });
    expect(state.directory).toEqual({ people: [person("zoe")], isWhole: true });
  });
});
