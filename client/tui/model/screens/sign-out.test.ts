import { describe, expect, it } from "vitest";
import { answer, click, done, press, refuse } from "../../../../test/support/tui-keys.ts";
import { keys, unreachable } from "../../../../test/support/tui-screens.ts";
import { morning as someMorning } from "../../../../test/support/tui-state.ts";
import type { State } from "../state.ts";
import { update } from "../update.ts";

const [mine] = keys.devices;

/** Nobody looks at the terminal, so nothing is read. */
const morning = () => someMorning({ hasFocus: false });

/** The question, once it is known whether there are other devices. */
function asked(isLast: boolean): State {
  const [state, effects] = update(morning(), { kind: "command", command: "sign out" });
  expect(effects).toEqual([{ kind: "load keys" }]);
  const devices = isLast && mine !== undefined ? [mine] : keys.devices;
  return answer(state, { what: "keys", keys: { ...keys, devices } })[0];
}

const effect = (words: string | undefined, isOffline = false) => [{ kind: "sign out", words, isOffline }];

describe("signing out", () => {
  it("does nothing by the first answer, nor before it is known whether others stay", () => {
    const [unknown] = update(morning(), { kind: "command", command: "sign out" });
    expect(press(unknown, "down", "enter")).toMatchObject([{ screens: [] }, []]);
    expect(press(asked(false), "enter")).toMatchObject([{ screens: [] }, []]);
  });

  it("is done once where others stay, and nothing but quitting is left then", () => {
    const [busy, effects] = press(asked(false), "down", "enter");
    expect(effects).toEqual(effect(undefined));
    expect(press(busy, "enter")[1]).toEqual([]);
    const [out] = done(busy, "sign out");
    expect(out).toMatchObject({ me: "", open: undefined, screens: [{ kind: "sign out", stage: "done" }] });
    for (const key of ["ctrl-p", "alt-a", "alt-k", "tab"]) expect(press(out, key)).toEqual([out, []]);
    expect(press(out, "enter")[1]).toEqual([{ kind: "quit" }]);
    expect(press(out, "esc")[1]).toEqual([{ kind: "quit" }]);
  });

  it("takes the words for the last device, or goes without them", () => {
    const [typing] = press(asked(true), "down", "enter");
    expect(press(typing, "enter")[1]).toEqual([]);
    const [typed] = update(typing, { kind: "paste", text: " abandon ability\n" });
    expect(press(typed, "enter")[1]).toEqual(effect("abandon ability"));
    expect(press(asked(true), "down", "down", "enter")[1]).toEqual(effect(undefined));
    expect(press(typed, "esc")[0].screens).toMatchObject([{ stage: "ask" }]);
  });

  it("asks for other words after wrong ones", () => {
    const [typing] = press(asked(true), "down", "enter");
    const [typed] = update(typing, { kind: "paste", text: "abandon" });
    const wrong = { code: "login_failed", message: "Not those.", hint: undefined };
    const [failed] = refuse(press(typed, "enter")[0], "sign out", wrong);
    expect(failed.screens).toMatchObject([{ stage: "words", isBusy: false, failure: wrong }]);
  });

  it("erases nothing without the relay but by an answer of its own", () => {
    const [busy] = press(asked(false), "down", "enter");
    const [failed] = refuse(busy, "sign out", unreachable);
    expect(failed.screens).toMatchObject([{ stage: "unreachable", chosen: 0 }]);
    expect(press(failed, "enter")[0].screens).toEqual([]);
    expect(press(failed, "down", "enter")[1]).toEqual(effect(undefined));
    expect(press(failed, "down", "down", "enter")[1]).toEqual(effect(undefined, true));
  });

  it("is told even who has gone elsewhere meanwhile", () => {
    const [gone] = press(press(asked(false), "down", "enter")[0], "esc");
    expect(gone.screens).toEqual([]);
    expect(done(gone, "sign out")[0].screens).toMatchObject([{ kind: "sign out", stage: "done" }]);
  });
});

describe("devices among the keys", () => {
  const opened = () => answer(press(morning(), "alt-k")[0], { what: "keys", keys })[0];

  it("are revoked after a question, whose first answer is not to, and looked up afterwards", () => {
    const [question] = press(opened(), "down", "down", "enter");
    expect(question.screens.at(-1)).toMatchObject({ question: "Revoke the device a1b2 c3d4 e5f6 0718?" });
    expect(press(question, "enter")[1]).toEqual([]);
    const [state, effects] = click(question, 0);
    expect(effects).toEqual([{ kind: "revoke device", id: keys.devices[1]?.id }]);
    expect(done(state, "revoke device")[1]).toEqual([{ kind: "load keys" }]);
    expect(refuse(state, "revoke device", unreachable)[0].screens).toMatchObject([{ failure: unreachable }]);
  });

  it("sign this one out", () => {
    const [state] = press(opened(), "down", "enter");
    expect(state.screens).toMatchObject([{ kind: "keys" }, { kind: "sign out" }]);
  });
});

describe("the doctor", () => {
  const check = { name: "clock", isGood: true, detail: "right", hint: undefined };

  it("is asked once at a time, and what it says comes bit by bit", () => {
    const [asked, effects] = update(morning(), { kind: "command", command: "check" });
    expect(effects).toEqual([{ kind: "load relay" }, { kind: "check" }]);
    expect(press(asked, "enter")[1]).toEqual([]);
    const [some] = answer(asked, { what: "checks", checks: [check], isWhole: false });
    expect(some.screens).toMatchObject([{ isChecking: true, checks: { value: [check] } }]);
    const [all] = answer(some, { what: "checks", checks: [check, check], isWhole: true });
    expect(all.screens).toMatchObject([{ isChecking: false }]);
    expect(press(all, "enter")[1]).toEqual([{ kind: "check" }]);
  });
});

describe("logging in again", () => {
  const opened = () => update(morning(), { kind: "command", command: "log in" })[0];

  it("asks once for a password, connects with it, and says what was wrong with it", () => {
    expect(press(opened(), "enter")[1]).toEqual([]);
    const [busy, effects] = press(update(opened(), { kind: "paste", text: "correct horse" })[0], "enter");
    expect(effects).toEqual([{ kind: "log in", password: "correct horse" }]);
    expect(press(busy, "enter")[1]).toEqual([]);
    expect(done(busy, "log in")).toMatchObject([{ screens: [] }, [{ kind: "reconnect" }]]);
    const wrong = { code: "login_failed", message: "Wrong password.", hint: undefined };
    expect(refuse(busy, "log in", wrong)[0].screens).toMatchObject([{ isBusy: false, failure: wrong }]);
  });
});
