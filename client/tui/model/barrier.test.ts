import { describe, expect, it } from "vitest";
import { click, done, press, refuse } from "../../../test/support/tui-keys.ts";
import { unreachable } from "../../../test/support/tui-screens.ts";
import { headOf, message, morning, open, request, row, strangers } from "../../../test/support/tui-state.ts";
import { barrierOf } from "./barrier.ts";
import { REQUESTS, rowsAbove } from "./conversation-list.ts";
import type { Trust } from "./data.ts";
import type { State } from "./state.ts";
import { update } from "./update.ts";

const trusting = (trust: Partial<Trust>): State =>
  morning({
    open: open("bob", {
      head: headOf("bob", {
        trust: { standing: "accepted", isChanged: false, isFormer: false, ...trust },
      }),
    }),
  });

describe("a request", () => {
  it("is looked at without anything being read or written, and is accepted with a key", () => {
    expect(barrierOf(request())).toBe("request");
    const [typed, effects] = press(request(), ..."hello", "enter");
    expect(effects).toEqual([]);
    expect(typed.open?.composer.text).toBe("");
    expect(press(request(), "a")[1]).toEqual([{ kind: "accept person", name: "zoe" }]);
    expect(update(request(), { kind: "focus", has: true })[1]).toEqual([]);
  });

  it("is a conversation as soon as it is accepted", () => {
    const head = headOf("zoe", { trust: { standing: "accepted", isChanged: false, isFormer: false } });
    const data = { what: "requests", requests: [], blocked: [] } as const;
    const [answered] = update(request(), { kind: "chat", data });
    const [state] = update(answered, { kind: "chat", data: { what: "head", conversation: "zoe", head } });
    expect(barrierOf(state)).toBeUndefined();
    expect(press(state, "h")[0].open?.composer.text).toBe("h");
  });

  it("is blocked after a question, whose first answer is not to", () => {
    const [asked] = press(request(), "b");
    expect(asked.screens).toMatchObject([{ kind: "confirm", question: "Block zoe?", chosen: 1 }]);
    expect(press(asked, "enter")[1]).toEqual([]);
    expect(click(asked, 0)[1]).toEqual([{ kind: "block", name: "zoe" }]);
  });

  it("is left with Esc for the conversation before it", () => {
    expect(press(request({ last: "ops" }), "esc")[1]).toEqual([{ kind: "open", conversation: "ops" }]);
    expect(press(request(), "esc")[1]).toEqual([]);
  });

  it("is none where somebody is only about to be written to", () => {
    const trust = { standing: "stranger", isChanged: false, isFormer: false } as const;
    const state = morning({ open: open("frank", { head: headOf("frank", { trust }) }) });
    expect(barrierOf(state)).toBeUndefined();
    expect(press(state, "h")[0].open?.composer.text).toBe("h");
  });
});

describe("who is blocked", () => {
  it("is written to only after he was unblocked", () => {
    const state = trusting({ standing: "blocked" });
    expect(press(state, "h")[0]).toEqual(state);
    expect(press(state, "u")[1]).toEqual([{ kind: "unblock", name: "bob" }]);
  });
});

describe("other keys under a known name", () => {
  const change = { with: "bob", before: "1".repeat(60), now: "2".repeat(60), wasVerified: true };
  const looked = () =>
    update(press(trusting({ isChanged: true }), "a")[0], {
      kind: "loaded",
      loaded: { what: "key change", change },
    })[0];

  it("stop everything that would be sent, and are looked at first", () => {
    const state = trusting({ isChanged: true });
    expect(press(state, "h", "i", "enter")[1]).toEqual([]);
    const [looking, effects] = press(state, "a");
    expect(effects).toEqual([{ kind: "key change", name: "bob" }]);
    expect(press(looking, "enter")[1]).toEqual([]);
    expect(press(state, "alt-v")[0].screens).toMatchObject([{ kind: "new key" }]);
  });

  it("are left as they are by the first answer, and by Esc", () => {
    for (const key of ["enter", "esc"]) expect(press(looked(), key)).toMatchObject([{ screens: [] }, []]);
  });

  it("are accepted as compared or as not compared, once", () => {
    const [busy, effects] = press(looked(), "down", "enter");
    expect(effects).toEqual([{ kind: "accept key", name: "bob", number: change.now, isVerified: true }]);
    expect(press(busy, "enter")[1]).toEqual([]);
    const [, others] = press(looked(), "down", "down", "enter");
    expect(others).toEqual([{ kind: "accept key", name: "bob", number: change.now, isVerified: false }]);
    const [state, opens] = done(busy, "accept key", "bob");
    expect(state.screens).toEqual([]);
    expect(opens).toContainEqual({ kind: "open", conversation: "bob" });
    expect(refuse(busy, "accept key", unreachable)[0].screens).toMatchObject([
      { isBusy: false, failure: unreachable },
    ]);
  });
});

describe("the list", () => {
  const withRequests = (more: Partial<State> = {}) => morning({ requests: strangers, ...more });

  it("leads to the requests by its first row", () => {
    const [at] = press(withRequests({ pane: "conversations" }), "g");
    expect(at.listCursor).toBe(REQUESTS);
    const [state] = press(at, "enter");
    expect(state.screens).toMatchObject([{ kind: "requests" }]);
    expect(press(state, "esc")[0]).toMatchObject({ screens: [], pane: "conversations" });
  });

  it("goes from there to the first conversation, and back", () => {
    const [down] = press(withRequests({ pane: "conversations" }), "g", "j");
    expect(down.listCursor).toBe(down.conversations[0]?.name);
    expect(press(down, "k")[0].listCursor).toBe(REQUESTS);
    expect(press(down, "G")[0].listCursor).toBe(down.conversations.at(-1)?.name);
  });

  it("has no such row where nobody waits", () => {
    expect(rowsAbove(morning())).toBe(0);
    const [state] = press(morning({ pane: "conversations", listCursor: REQUESTS }), "enter");
    expect(state.screens).toEqual([]);
  });
});

describe("requests", () => {
  const opened = () => press(morning({ requests: strangers, blocked: ["mallory"] }), "alt-q")[0];

  it("are read, accepted and blocked where they stand", () => {
    const [state, effects] = press(opened(), "enter");
    expect(effects).toEqual([{ kind: "open", conversation: "zoe" }]);
    expect(state.screens).toEqual([]);
    expect(press(opened(), "a")[1]).toEqual([{ kind: "accept person", name: "zoe" }]);
    expect(press(opened(), "b")[0].screens).toMatchObject([{}, { question: "Block zoe?" }]);
  });

  it("to groups ask as an invitation does", () => {
    const [state] = press(opened(), "down", "enter");
    expect(state.screens).toMatchObject([{}, { question: "yuri invites you to book-club." }]);
    expect(press(state, "enter")[1]).toContainEqual({ kind: "accept", name: "book-club" });
  });

  it("have those who are blocked below them, to be unblocked", () => {
    const [asked] = press(opened(), "down", "down", "u");
    expect(asked.screens).toMatchObject([{}, { question: "Unblock mallory?" }]);
    expect(click(asked, 0)[1]).toEqual([{ kind: "unblock", name: "mallory" }]);
  });
});

describe("by a written command", () => {
  const written = (text: string, state = morning({ requests: strangers, open: open("bob") })) =>
    press(state, ...[...text].map((letter) => (letter === " " ? "space" : letter)), "enter");

  it("a stranger is accepted, and an invitation is too", () => {
    expect(written("/accept zoe")[1]).toContainEqual({ kind: "accept person", name: "zoe" });
    expect(written("/accept oncall")[1]).toContainEqual({ kind: "accept", name: "oncall" });
  });

  it("somebody is blocked after a question, and unblocked", () => {
    expect(written("/block carol")[0].screens).toMatchObject([{ question: "Block carol?" }]);
    expect(written("/block")[0].screens).toMatchObject([{ question: "Block bob?" }]);
    expect(written("/unblock carol")[1]).toContainEqual({ kind: "unblock", name: "carol" });
  });

  it("only people are blocked", () => {
    const [state] = written("/block ops");
    expect(state.screens).toEqual([]);
    expect(state.notices).toMatchObject([{ text: "Only people are accepted and blocked." }]);
  });
});

describe("a message that cannot be read", () => {
  const unreadable = message(1, "bob", "[could not be read]", {
    content: "unreadable",
    trouble: "no key that is here opens it",
    remedy: "Ask bob to send it again.",
  });

  it("says why with a key, which others do not have", () => {
    const here = { pane: "transcript", conversations: [row("bob")] } as const;
    const entries = [unreadable];
    const state = morning({ ...here, open: open("bob", { selected: "m1", entries }) });
    expect(press(state, "w")[0].screens).toEqual([{ kind: "message", key: "m1", above: 0 }]);
    const readable = [message(1, "bob", "hello")];
    const other = morning({ ...here, open: open("bob", { selected: "m1", entries: readable }) });
    expect(press(other, "w")[0].notices).toMatchObject([{ text: "This message can be read." }]);
  });
});
