import { describe, expect, it } from "vitest";
import { click, done, press, refuse } from "../../../../test/support/tui-keys.ts";
import { directory, unreachable } from "../../../../test/support/tui-screens.ts";
import { morning } from "../../../../test/support/tui-state.ts";

const start = () => press(morning({ directory }), "alt-n")[0];
const create = (more: object) => ({ kind: "create group", members: [], open: false, ...more });

describe("a new group", () => {
  it("is made by name alone", () => {
    const [, effects] = press(start(), ..."team", "enter", "down", "enter");
    expect(effects).toEqual([create({ name: "team" })]);
  });

  it("takes members found by what is typed, and gives them up again", () => {
    const [picked] = press(start(), ..."team", "tab", "tab", ..."er", "enter");
    expect(picked.screens).toMatchObject([{ members: ["erin"], query: { text: "" } }]);
    const [two] = press(picked, ..."bo", "space");
    expect(two.screens).toMatchObject([{ members: ["erin", "bob"] }]);
    expect(press(two, "space")[0].screens).toMatchObject([{ members: ["erin"] }]);
    expect(click(two, 2)[1]).toEqual([create({ name: "team", members: ["erin", "bob"] })]);
  });

  it("is a room if one says so", () => {
    const [state] = press(start(), ..."team", "enter", "space", "down");
    expect(press(state, "enter")[1]).toEqual([create({ name: "team", open: true })]);
  });

  it("needs a name, and leads there", () => {
    const [state, effects] = click(start(), 2);
    expect(effects).toEqual([]);
    expect(state.screens).toMatchObject([{ chosen: 0, failure: { message: "It needs a name first." } }]);
    expect(press(state, "a")[0].screens).toMatchObject([{ failure: undefined, name: { text: "a" } }]);
  });

  it("is made once, however often enter is pressed", () => {
    const [state] = press(start(), "a", "down", "down", "enter");
    expect(press(state, "enter")[1]).toEqual([]);
  });

  it("is gone to when it is there, under the name that it has here", () => {
    const [busy] = press(start(), "a", "down", "down", "enter");
    const [state, effects] = done(busy, "create group", "a/9");
    expect(effects).toContainEqual({ kind: "open", conversation: "a/9" });
    expect(state.screens).toEqual([]);
  });

  it("stays as it was filled in when it cannot be made", () => {
    const [busy] = press(start(), "a", "down", "down", "enter");
    const [state] = refuse(busy, "create group", unreachable);
    expect(state.screens).toMatchObject([{ name: { text: "a" }, isBusy: false, failure: unreachable }]);
    expect(press(state, "enter")[1]).toEqual([create({ name: "a" })]);
  });

  it("goes to the group although somebody could not be invited, and says so", () => {
    const [busy] = press(start(), "a", "down", "down", "enter");
    const [told] = refuse(busy, "invite", unreachable);
    expect(told.notices).toMatchObject([{ text: unreachable.message }]);
    expect(done(told, "create group", "a")[0].open?.name ?? "a").toBe("a");
    expect(done(told, "create group", "a")[0].screens).toEqual([]);
  });

  it("takes a pasted name on one line", () => {
    const [state] = press(start());
    expect(state.screens).toHaveLength(1);
    expect(press(start(), "#", "a", "down", "down", "enter")[1]).toEqual([create({ name: "a" })]);
  });
});
