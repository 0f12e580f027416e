import { describe, expect, it } from "vitest";
import { answer, click, done, press, refuse } from "../../../../test/support/tui-keys.ts";
import { directory, numberWith, ops, unreachable } from "../../../../test/support/tui-screens.ts";
import { headOf, morning, open } from "../../../../test/support/tui-state.ts";
import type { GroupDetails } from "../data.ts";
import type { State } from "../state.ts";
import { update } from "../update.ts";
import { detailsItems } from "./details-items.ts";
import type { DetailsScreen } from "./screen.ts";

function opened(group: GroupDetails = ops): State {
  return answer(press(morning({ directory }), "alt-i")[0], { what: "group", group })[0];
}

function detailsIn(state: State): DetailsScreen {
  const found = state.screens.find((screen) => screen.kind === "details");
  if (found === undefined) throw new Error("no details");
  return found;
}

/** The state with the cursor on the first item of this kind, or on the member of this name. */
function on(state: State, what: string): State {
  const items = detailsItems(detailsIn(state), state);
  const at = items.findIndex((item) => item.kind === what || ("name" in item && item.name === what));
  if (at === -1) throw new Error(`no ${what}`);
  return press(state, ...Array.from({ length: at }, () => "down"))[0];
}

function choices(state: State): readonly string[] {
  const top = state.screens.at(-1);
  return top?.kind === "confirm" ? top.choices.map(({ label }) => label) : [];
}

/** Chooses an answer of the question on top. */
function say(state: State, label: string) {
  return click(state, choices(state).indexOf(label));
}

const kinds = (group: GroupDetails) => {
  const state = opened(group);
  return new Set(detailsItems(detailsIn(state), state).map(({ kind }) => kind));
};

describe("details of a group", () => {
  it("are looked up for the conversation that is open", () => {
    const [state, effects] = press(morning(), "alt-i");
    expect(state.screens).toMatchObject([{ kind: "details", name: "ops" }]);
    expect(effects).toEqual([{ kind: "load group", name: "ops" }]);
  });

  it("do not show another group that comes late", () => {
    const [state] = answer(press(morning(), "alt-i")[0], { what: "group", group: { ...ops, name: "music" } });
    expect(detailsIn(state).about).toMatchObject({ group: { kind: "loading" } });
  });

  it("offer to each what he may do", () => {
    expect(kinds(ops)).toContain("rename");
    const plain: GroupDetails = { ...ops, mine: "member" };
    expect(kinds(plain)).not.toContain("rename");
    expect(kinds(plain)).toContain("invite");
    expect(kinds({ ...plain, policy: { ...ops.policy, invite: "admin" } })).not.toContain("invite");
    const gone = kinds({ ...ops, mine: undefined });
    for (const kind of ["invite", "rename", "leave"] as const) expect(gone).not.toContain(kind);
  });

  it("give an owner roles to give", () => {
    const [menu] = press(on(opened(), "carol"), "enter");
    expect(choices(menu)).toEqual([
      "Write to carol",
      "Safety number",
      "Make an admin",
      "Make an owner",
      "Remove from #ops",
      "Back",
    ]);
    const [state, effects] = say(menu, "Make an admin");
    expect(effects).toEqual([{ kind: "role", group: "ops", member: "carol", role: "admin" }]);
    expect(done(state, "role")[1]).toEqual([{ kind: "load group", name: "ops" }]);
  });

  it("let admins remove members only, and members nobody", () => {
    const menuOf = (mine: GroupDetails["mine"], name: string) =>
      choices(press(on(opened({ ...ops, mine }), name), "enter")[0]);
    expect(menuOf("admin", "carol")).toContain("Remove from #ops");
    expect(menuOf("admin", "bob")).not.toContain("Remove from #ops");
    expect(menuOf("admin", "carol")).not.toContain("Make an admin");
    expect(menuOf("member", "carol")).toEqual(["Write to carol", "Safety number", "Back"]);
  });

  it("ask before somebody is removed or made an owner, and do nothing unless told to", () => {
    for (const [label, sure, effect] of [
      ["Remove from #ops", "Remove", { kind: "remove", group: "ops", member: "carol" }],
      ["Make an owner", "Make an owner", { kind: "role", group: "ops", member: "carol", role: "owner" }],
    ] as const) {
      const [menu] = press(on(opened(), "carol"), "enter");
      const [asked, effects] = say(menu, label);
      expect(effects).toEqual([]);
      expect(press(asked, "enter")[1]).toEqual([]);
      expect(press(asked, "esc")[0].screens).toHaveLength(1);
      expect(say(asked, sure)[1]).toEqual([effect]);
    }
  });

  it("have nothing to do about oneself in the list", () => {
    expect(press(on(opened(), "alice"), "enter")[0].screens).toHaveLength(1);
  });

  it("lead to a member's safety number and back", () => {
    const [menu] = press(on(opened(), "carol"), "enter");
    const [state, effects] = say(menu, "Safety number");
    expect(effects).toEqual([{ kind: "safety number", name: "carol" }]);
    expect(state.screens).toMatchObject([{ name: "ops" }, { name: "carol" }]);
    expect(press(state, "esc")[0].screens).toMatchObject([{ name: "ops" }]);
  });

  it("invite whom one finds, who is not in it yet", () => {
    const [picker, effects] = press(on(opened(), "invite"), "enter");
    expect(effects).toEqual([{ kind: "list people" }]);
    const [state, invited] = press(picker, "enter");
    expect(invited).toEqual([{ kind: "invite", group: "ops", member: "frank" }]);
    expect(refuse(state, "invite", unreachable)[0].screens).toMatchObject([{ failure: unreachable }]);
  });

  it("let an invitation be taken back by who gave it, or by an admin", () => {
    const [asked] = press(on(opened(), "erin"), "enter");
    expect(say(asked, "Take back")[1]).toEqual([{ kind: "remove", group: "ops", member: "erin" }]);
    const plain = opened({ ...ops, mine: "member" });
    expect(press(on(plain, "erin"), "enter")[0].screens).toHaveLength(1);
    const mine = opened({ ...ops, mine: "member", invited: [{ name: "erin", by: "alice" }] });
    expect(press(on(mine, "erin"), "enter")[0].screens).toHaveLength(2);
  });

  it("rename it where it stands", () => {
    const [renaming] = press(on(opened(), "rename"), "enter");
    expect(detailsIn(renaming).renaming?.text).toBe("Operations");
    expect(press(renaming, "esc")[0].screens).toMatchObject([{ renaming: undefined }]);
    expect(press(renaming, "enter")[1]).toEqual([]);
    const [state, effects] = press(renaming, "ctrl-u", ..."team", "enter");
    expect(effects).toEqual([{ kind: "rename", group: "ops", title: "team" }]);
    const [renamed, after] = done(state, "rename", "team");
    expect(detailsIn(renamed).name).toBe("team");
    expect(after).toEqual([{ kind: "load group", name: "team" }]);
  });

  it("keep a name that was refused for another try", () => {
    const [state] = press(on(opened(), "rename"), "enter", "x", "enter");
    const [failed] = refuse(state, "rename", unreachable);
    expect(failed.screens).toMatchObject([{ failure: unreachable }]);
  });

  it("ask before one leaves, and close when that is done", () => {
    const plain = opened({ ...ops, mine: "member" });
    const [asked, effects] = press(on(plain, "leave"), "enter");
    expect(effects).toEqual([]);
    const [state, left] = say(asked, "Leave");
    expect(left).toEqual([{ kind: "leave", name: "ops" }]);
    expect(done(state, "leave", "ops")[0].screens).toEqual([]);
  });

  it("tell the only owner what to do before he leaves", () => {
    const [state, effects] = press(on(opened(), "leave"), "enter");
    expect(effects).toEqual([]);
    expect(state.screens).toMatchObject([{ failure: { message: "You are its only owner." } }]);
    const alone = { ...ops, members: [{ name: "alice", role: "owner" as const, isVerified: false }] };
    expect(choices(press(on(opened(alone), "leave"), "enter")[0])).toContain("Leave");
  });

  it("change how much is told, round and round", () => {
    expect(press(on(opened(), "notify"), "enter")[1]).toEqual([
      { kind: "mute", conversation: "ops", notify: "mentions" },
    ]);
  });

  it("let owners change who may do what", () => {
    const [asked] = press(on(opened(), "policy"), "enter");
    expect(say(asked, "Owners only")[1]).toEqual([
      { kind: "policy", group: "ops", policy: { what: "invite", least: "owner" } },
    ]);
    expect(say(asked, "Every member")[1]).toEqual([]);
    const plain = opened({ ...ops, mine: "member" });
    expect(press(on(plain, "policy"), "enter")[0].screens).toHaveLength(1);
  });

  it("are looked up again when who is in it changes", () => {
    const head = headOf("ops", { kind: "group" });
    const data = { what: "head", conversation: "ops", head } as const;
    expect(update(opened(), { kind: "chat", data })[1]).toEqual([{ kind: "load group", name: "ops" }]);
    expect(update(morning({ hasFocus: false }), { kind: "chat", data })[1]).toEqual([]);
  });

  it("are looked up again with enter when that failed", () => {
    const [failed] = refuse(press(morning(), "alt-i")[0], "load group", unreachable);
    expect(press(failed, "enter")[1]).toEqual([{ kind: "load group", name: "ops" }]);
  });

  it("take the answer of what was done under a screen that lies over them", () => {
    const [menu] = press(on(opened(), "carol"), "enter");
    const [asked] = say(menu, "Make an admin");
    const [covered] = press(asked, "f1");
    const [state, effects] = done(covered, "role");
    expect(effects).toEqual([{ kind: "load group", name: "ops" }]);
    expect(state.screens.map(({ kind }) => kind)).toEqual(["details", "help"]);
  });
});

describe("details of a person", () => {
  const bob = () => morning({ open: open("bob") });

  it("are a safety number, what one is told, and a way to write", () => {
    const [asked, effects] = press(bob(), "alt-i");
    expect(effects).toEqual([{ kind: "safety number", name: "bob" }]);
    const [state] = answer(asked, { what: "safety number", number: numberWith("bob") });
    expect(detailsItems(detailsIn(state), state).map(({ kind }) => kind)).toEqual([
      "write",
      "notify",
      "same",
      "differ",
      "block",
    ]);
    expect(press(state, "enter")[0].screens).toEqual([]);
  });

  it("do not show somebody else's number", () => {
    const [asked] = press(bob(), "alt-i");
    const [state] = answer(asked, { what: "safety number", number: numberWith("carol") });
    expect(detailsIn(state).about).toEqual({ kind: "person", number: { kind: "loading" } });
  });

  it("of oneself are the own keys", () => {
    const [state, effects] = press(morning({ open: open("alice") }), "alt-i");
    expect(state.screens).toMatchObject([{ kind: "keys" }]);
    expect(effects).toEqual([{ kind: "load keys" }]);
  });

  it("of nothing are none", () => {
    expect(press(morning({ open: undefined }), "alt-i")[0].screens).toEqual([]);
  });
});
