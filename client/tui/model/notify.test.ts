import { describe, expect, it } from "vitest";
import { row, stateOf } from "../../../test/support/tui-state.ts";
import { takeConversations } from "./conversation-list.ts";
import type { ConversationRow } from "./data.ts";
import type { Effect } from "./effect.ts";
import type { State } from "./state.ts";

const away: Partial<State> = { hasFocus: false, hasAllConversations: true };

function told(before: readonly ConversationRow[], now: readonly ConversationRow[], more = away): Effect[] {
  const [, effects] = takeConversations(stateOf({ conversations: before, ...more }), now, false);
  return effects.filter(({ kind }) => kind === "notify");
}

describe("while somebody looks elsewhere", () => {
  const [read, unread] = [row("ops"), row("ops", { unread: 1 })];
  const message = [{ kind: "notify", conversation: "ops", why: "message" }];

  it("is told what comes, but not what was there", () => {
    expect(told([read], [unread])).toEqual(message);
    expect(told([unread], [row("ops", { unread: 2 })])).toEqual(message);
    expect(told([unread], [unread])).toEqual([]);
    expect(told([unread], [read])).toEqual([]);
  });

  it("is told of somebody who writes for the first time", () => {
    expect(told([], [unread])).toEqual(message);
  });

  it("hears of a conversation no more than was chosen for it", () => {
    const level = (notify: ConversationRow["notify"], mentions = 0) =>
      told([{ ...read, notify }], [{ ...unread, notify, mentions }]);
    expect(level("mentions")).toEqual([]);
    expect(level("mentions", 1)).toEqual([{ kind: "notify", conversation: "ops", why: "mention" }]);
    expect(level("none", 1)).toEqual([]);
  });

  it("is told of an invitation once", () => {
    const invited = row("oncall", { standing: "invited" });
    expect(told([], [invited])).toEqual([{ kind: "notify", conversation: "oncall", why: "invitation" }]);
    expect(told([invited], [invited])).toEqual([]);
  });

  it("is told one thing of several, a mention before all", () => {
    const all = [unread, row("oncall", { standing: "invited" }), row("bob", { unread: 1, mentions: 1 })];
    expect(told([], all)).toEqual([{ kind: "notify", conversation: "bob", why: "mention" }]);
    expect(told([], all.slice(0, 2))).toMatchObject([{ conversation: "oncall" }]);
  });
});

it("tells nothing to who looks, nor of what was there at the start", () => {
  const unread = [row("ops", { unread: 1 })];
  expect(told([row("ops")], unread, { ...away, hasFocus: true })).toEqual([]);
  expect(told([], unread, { ...away, hasAllConversations: false })).toEqual([]);
});
