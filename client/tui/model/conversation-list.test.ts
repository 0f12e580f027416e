import { describe, expect, it } from "vitest";
import { morning, open, row, stateOf } from "../../../test/support/tui-state.ts";
import { composerWith } from "./composer.ts";
import {
  goTo,
  nextConversation,
  nextUnread,
  runList,
  takeConversations,
  visit,
} from "./conversation-list.ts";
import type { State } from "./state.ts";
import { update } from "./update.ts";

const names = ({ conversations }: State) => conversations.map(({ name }) => name);

describe("takeConversations", () => {
  const rows = [row("bob", { activity: 1 }), row("carol", { activity: 3 })];

  it("has the one that was last active first, and invitations before them", () => {
    const [state] = takeConversations(stateOf(), [...rows, row("ops", { standing: "invited" })], true);
    expect(names(state)).toEqual(["ops", "carol", "bob"]);
  });

  it("keeps those that nothing is said of, unless these are all", () => {
    const before = stateOf({ conversations: rows, open: open("bob") });
    const [more] = takeConversations(before, [row("bob", { activity: 5 })], false);
    expect(names(more)).toEqual(["bob", "carol"]);
    const [all] = takeConversations(before, [row("dave")], true);
    expect(names(all)).toEqual(["dave"]);
  });

  it("opens the first at the start, but no invitation", () => {
    const [state, effects] = takeConversations(
      stateOf(),
      [row("ops", { standing: "invited" }), ...rows],
      false,
    );
    expect(effects).toEqual([{ kind: "open", conversation: "carol" }]);
    expect(state.open?.name).toBe("carol");
  });

  it("leaves open what is open", () => {
    const [state, effects] = takeConversations(stateOf({ open: open("dave") }), rows, true);
    expect(state.open?.name).toBe("dave");
    expect(effects).toEqual([]);
  });
});

describe("goTo", () => {
  it("keeps what was being written, and remembers where one was", () => {
    const before = morning({ open: open("ops", { composer: composerWith("half a thought") }) });
    const [state, effects] = goTo(before, "bob");
    expect(state.drafts.get("ops")).toBe("half a thought");
    expect(state.last).toBe("ops");
    expect(effects).toEqual([{ kind: "open", conversation: "bob" }]);
  });

  it("keeps the draft that an edit had put aside, not the edit", () => {
    const purpose = { kind: "edit", id: "m1", key: "m1", before: "the draft" } as const;
    const [state] = goTo(
      morning({ open: open("ops", { composer: composerWith("the edit"), purpose }) }),
      "bob",
    );
    expect(state.drafts.get("ops")).toBe("the draft");
  });

  it("forgets a draft that was sent or wiped", () => {
    const before = morning({ open: open("ops"), drafts: new Map([["ops", "old"]]) });
    expect(goTo(before, "bob")[0].drafts.has("ops")).toBe(false);
  });

  it("does nothing to the conversation that is open, but gives it the keys", () => {
    const before = morning({ pane: "conversations" });
    const [state, effects] = goTo(before, "ops");
    expect(state.open).toBe(before.open);
    expect(state.pane).toBe("composer");
    expect(effects).toEqual([]);
  });
});

describe("visit", () => {
  it("asks before an invitation is taken", () => {
    const [state, effects] = visit(morning(), "oncall");
    expect(state.screens).toMatchObject([{ kind: "confirm", question: "erin invites you to oncall." }]);
    expect(effects).toEqual([]);
    const [joined, done] = update(state, { kind: "key", key: "enter", text: "" });
    expect(done).toContainEqual({ kind: "accept", name: "oncall" });
    expect(joined.screens).toEqual([]);
  });
});

describe("nextUnread", () => {
  it("goes where one was named first", () => {
    const state = morning({ open: open("dave") });
    expect(nextUnread(state)[0].open?.name).toBe("ops");
  });

  it("leaves out what is muted, and says when nothing else is unread", () => {
    const state = morning({
      conversations: [
        row("random", { unread: 9, notify: "none" }),
        row("ops"),
        row("x", { standing: "invited" }),
      ],
    });
    const [next, effects] = nextUnread(state);
    expect(effects).toEqual([]);
    expect(next.notices).toMatchObject([{ text: "Nothing else is unread." }]);
  });
});

describe("nextConversation", () => {
  it("goes round, without invitations", () => {
    const state = morning({ open: open("bob") });
    expect(nextConversation(state, 1)[0].open?.name).toBe("ops");
    expect(nextConversation(state, -1)[0].open?.name).toBe("old-team");
  });

  it("begins at either end where none is open", () => {
    const state = morning({ open: undefined });
    expect(nextConversation(state, 1)[0].open?.name).toBe("bob");
    expect(nextConversation(state, -1)[0].open?.name).toBe("old-team");
  });

  it("goes nowhere where there is none", () => {
    expect(nextConversation(stateOf(), 1)).toEqual([stateOf(), []]);
  });
});

describe("the list", () => {
  const inList = morning({ pane: "conversations", listCursor: "bob" });

  it("moves its cursor by rows and to its ends, and opens what it is on", () => {
    const [down] = runList(inList, "select down");
    expect(down.listCursor).toBe("ops");
    const [last] = runList(down, "select last");
    expect(last.listCursor).toBe("old-team");
    const [first] = runList(last, "select first");
    expect(first.listCursor).toBe("oncall");
    expect(runList(inList, "choose")[1]).toEqual([{ kind: "open", conversation: "bob" }]);
  });

  it("keeps its cursor on the row when the order changes", () => {
    const [state] = takeConversations(inList, [row("carol", { activity: 99 })], false);
    expect(state.listCursor).toBe("bob");
  });

  it("mutes the row that it is on, step by step", () => {
    const [, effects] = update(inList, { kind: "command", command: "mute" });
    expect(effects).toContainEqual({ kind: "mute", conversation: "bob", notify: "mentions" });
  });
});
