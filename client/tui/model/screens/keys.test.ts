import { describe, expect, it } from "vitest";
import { answer, click, done, press, refuse } from "../../../../test/support/tui-keys.ts";
import { keys, relay, unreachable } from "../../../../test/support/tui-screens.ts";
import { morning } from "../../../../test/support/tui-state.ts";
import { update } from "../update.ts";

const opened = () => answer(press(morning(), "alt-k")[0], { what: "keys", keys })[0];

describe("keys", () => {
  it("are looked up, and again with enter when that failed", () => {
    const [asked, effects] = press(morning(), "alt-k");
    expect(effects).toEqual([{ kind: "load keys" }]);
    expect(press(refuse(asked, "load keys", unreachable)[0], "enter")[1]).toEqual([{ kind: "load keys" }]);
  });

  it("rotate once at a time, and are looked up afterwards", () => {
    const [rotating, effects] = press(opened(), "enter");
    expect(effects).toEqual([{ kind: "rotate prekeys" }]);
    expect(press(rotating, "enter")[1]).toEqual([]);
    const [state, after] = done(rotating, "rotate prekeys");
    expect(after).toEqual([{ kind: "load keys" }]);
    expect(press(state, "enter")[1]).toEqual([{ kind: "rotate prekeys" }]);
  });

  it("say why they could not be rotated", () => {
    const [rotating] = press(opened(), "enter");
    expect(refuse(rotating, "rotate prekeys", unreachable)[0].screens).toMatchObject([
      { isRotating: false, failure: unreachable },
    ]);
  });

  it("lead to the safety numbers of those one talks with, and back", () => {
    const [state, effects] = press(opened(), "down", "down", "down", "enter");
    expect(effects).toEqual([{ kind: "safety number", name: "bob" }]);
    expect(state.screens).toMatchObject([{ kind: "keys" }, { kind: "details", name: "bob" }]);
    expect(press(state, "esc")[0].screens).toMatchObject([{ kind: "keys" }]);
    expect(click(opened(), 5)[1]).toEqual([{ kind: "safety number", name: "dave" }]);
  });
});

describe("the relay", () => {
  const start = () => update(morning(), { kind: "command", command: "relay" });

  it("is asked for its round trip", () => {
    expect(start()[1]).toEqual([{ kind: "load relay" }]);
  });

  it("is connected to and asked again with enter", () => {
    const [state] = answer(start()[0], { what: "relay", relay });
    expect(press(state, "enter")[1]).toEqual([{ kind: "reconnect" }, { kind: "load relay" }]);
    expect(press(state, "down", "down", "down", "enter")[1]).toEqual([]);
  });

  it("keeps what was known when it cannot be looked up again", () => {
    const [state] = answer(start()[0], { what: "relay", relay });
    expect(refuse(state, "load relay", unreachable)[0].screens).toMatchObject([
      { relay: { kind: "loaded", value: relay } },
    ]);
  });
});
