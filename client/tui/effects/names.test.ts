import { expect, test } from "vitest";
import type { ConversationSummary } from "../../core/conversations/summarize-conversations.ts";
import { ConversationNames } from "./names.ts";

function summary(
  conversation: number,
  name: string,
  more: Partial<ConversationSummary> = {},
): ConversationSummary {
  return {
    conversation,
    name,
    kind: "dm",
    title: null,
    unread: 0,
    mentions: 0,
    queued: 0,
    standing: "member",
    invitedBy: null,
    notify: "all",
    isVerified: false,
    activity: 0,
    ...more,
  };
}

test("whoever has other keys than before has his name again, and what was said before another one", () => {
  const names = new ConversationNames();
  expect(names.nameFor(summary(1, "bob"))).toBe("bob");
  const now = [summary(2, "bob"), summary(1, "bob (before 2026-11-21)")];
  names.forgetRenamed(now);
  expect(now.map((each) => names.nameFor(each))).toEqual(["bob", "bob (before 2026-11-21)"]);
  expect([names.numberOf("bob"), names.destinationOf("bob")]).toEqual([2, "@bob"]);
});

test("a person and a group of one name are two conversations, each sent to as itself", () => {
  const names = new ConversationNames();
  expect(names.nameFor(summary(1, "ops", { kind: "group" }))).toBe("ops");
  expect(names.nameFor(summary(2, "ops"))).toBe("@ops");
  expect(names.destinationOf("ops")).toBe("#ops");
  expect(names.destinationOf("@ops")).toBe("@ops");
  expect(names.numberOf("@ops")).toBe(2);
});

test("two invitations of one name are told apart by who invited", () => {
  const names = new ConversationNames();
  const invited = { kind: "group", standing: "invited" } as const;
  expect(names.nameFor(summary(1, "ops", { kind: "group" }))).toBe("ops");
  expect(names.nameFor(summary(2, "ops", { ...invited, invitedBy: "bob" }))).toBe("ops/bob");
  expect(names.nameFor(summary(3, "ops", { ...invited, invitedBy: "carol" }))).toBe("ops/carol");
  expect(names.nameFor(summary(4, "ops", { ...invited, invitedBy: "carol" }))).toBe("ops/4");
});

test("a conversation keeps its name until it is called otherwise itself", () => {
  const names = new ConversationNames();
  names.nameFor(summary(1, "ops", { kind: "group" }));
  expect(names.nameFor(summary(2, "ops"))).toBe("@ops");
  expect(names.nameFor(summary(1, "dev", { kind: "group" }))).toBe("dev");
  expect(names.nameFor(summary(2, "ops", { unread: 1 }))).toBe("@ops");
  expect(names.numberOf("ops")).toBeUndefined();
  expect(names.summaryOf("@ops")?.unread).toBe(1);
});

test("who is not in the list is called as he is", () => {
  expect(new ConversationNames().destinationOf("carol")).toBe("carol");
});
