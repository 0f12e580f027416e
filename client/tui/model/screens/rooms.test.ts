import { describe, expect, it } from "vitest";
import { answer, click, done, press, refuse } from "../../../../test/support/tui-keys.ts";
import { unreachable } from "../../../../test/support/tui-screens.ts";
import { morning } from "../../../../test/support/tui-state.ts";

const rooms = [
  { name: "music", members: 23, joined: true },
  { name: "rust", members: 1, joined: false },
];
const opened = () => answer(press(morning(), "alt-r")[0], { what: "rooms", rooms })[0];

describe("rooms", () => {
  it("asks the relay for its rooms", () => {
    expect(press(morning(), "alt-r")[1]).toEqual([{ kind: "list rooms" }]);
  });

  it("goes to a room that one is in", () => {
    expect(press(opened(), "enter")[1]).toContainEqual({ kind: "open", conversation: "music" });
  });

  it("joins another once, and goes there when that is done", () => {
    const [joining, effects] = press(opened(), "down", "enter");
    expect(effects).toEqual([{ kind: "join room", name: "rust" }]);
    expect(press(joining, "enter")[1]).toEqual([]);
    const [state, after] = done(joining, "join room", "rust/7");
    expect(after).toContainEqual({ kind: "open", conversation: "rust/7" });
    expect(state.screens).toEqual([]);
  });

  it("says why a room was not joined, and lets one try again", () => {
    const [joining] = click(opened(), 1);
    const [failed] = refuse(joining, "join room", unreachable);
    expect(failed.screens).toMatchObject([{ joining: undefined, failure: unreachable }]);
    expect(press(failed, "enter")[1]).toEqual([{ kind: "join room", name: "rust" }]);
  });

  it("finds a room with its sign or without", () => {
    expect(press(opened(), "#", "r", "u", "enter")[1]).toEqual([{ kind: "join room", name: "rust" }]);
    expect(press(opened(), "u", "s", "t", "enter")[1]).toEqual([{ kind: "join room", name: "rust" }]);
  });

  it("asks again with enter where the list did not come", () => {
    const [failed] = refuse(press(morning(), "alt-r")[0], "list rooms", unreachable);
    expect(press(failed, "enter")[1]).toEqual([{ kind: "list rooms" }]);
  });

  it("keeps the list that is there when a newer one does not come", () => {
    const [state] = refuse(opened(), "list rooms", unreachable);
    expect(press(state, "enter")[1]).toContainEqual({ kind: "open", conversation: "music" });
  });

  it("leaves somebody who went elsewhere meanwhile where he is", () => {
    const [joining] = press(opened(), "down", "enter");
    const [away] = press(joining, "esc");
    expect(done(away, "join room", "rust")[1]).toEqual([]);
  });
});
