import stringWidth from "string-width";
import { expect, it } from "vitest";
import { morning, open, request, stateOf, strangers } from "../../../test/support/tui-state.ts";
import { composerWith } from "../model/composer.ts";
import { REQUESTS } from "../model/conversation-list.ts";
import type { State } from "../model/state.ts";
import { readerFrameOf } from "./reader.ts";

function read(state: State): string[] {
  return readerFrameOf(state).rows.map(({ spans }) => spans.map(({ text }) => text).join(""));
}

it("reads a conversation from the top down, in words", () => {
  const state = morning({ rows: 24 });
  const opened = state.open ?? open("ops");
  expect(read({ ...state, open: { ...opened, composer: composerWith("on it") } })).toEqual([
    "Conversation #ops, 5 members.",
    "09:12 bob: Deploy is green.",
    "09:13 carol, answering bob: Nice. Who turns the flag on? 2 up, 0 down. 👍 from bob.",
    "New from here: 09:31 dave: I will, at ten. @alice keep an eye on the graphs? Names you.",
    "erin is typing.",
    "Your message: on it",
    "Status: connected, end-to-end, keys unchanged, 16 unread in 2 other conversations.",
    "Keys: Enter send, Alt-a next unread, Alt-Enter new line, Ctrl-P go, F1 help.",
  ]);
});

it("names the row of the list that the keys are on", () => {
  expect(read(morning({ pane: "conversations", listCursor: "bob" }))[0]).toBe(
    "Conversations, 2 of 9: bob, here, 2 unread.",
  );
});

it("says in place of a composer who waits for an answer, and with which keys he gets it", () => {
  const lines = read(request());
  expect(lines[0]).toBe("Conversation zoe.");
  expect(lines).toContain("zoe is new to you and does not hear whether you read this.");
  expect(lines).toContain("Keys: a accept, b block, Alt-v safety number, Esc later.");
  expect(lines.join(" ")).not.toContain("Your message:");
});

it("names the row of strangers, and who was verified", () => {
  const at = (listCursor: string) =>
    read(morning({ pane: "conversations", requests: strangers, listCursor }))[0];
  expect(at(REQUESTS)).toBe("Conversations: 2 requests of strangers.");
  expect(at("carol")).toBe("Conversations, 4 of 9: carol, verified.");
});

it("says which choice of a screen is chosen, and warns before all else below", () => {
  const state = morning({
    screens: [{ kind: "settings", chosen: 1 }],
    notices: [{ text: "The key of bob has changed.", hint: undefined, gravity: "alarm", at: 0 }],
  });
  const lines = read(state);
  expect(lines[0]).toBe("Settings.");
  expect(lines).toContain("Chosen: Mouse on");
  expect(lines).toContain("Warning: The key of bob has changed.");
});

it("says what to press where there is nothing", () => {
  expect(read(stateOf({ hasAllConversations: true }))).toContain("Alt-p write to somebody on this relay");
});

it("is never longer than the terminal, however its lines break", () => {
  for (const [columns, rows] of [
    [80, 24],
    [60, 16],
    [20, 5],
    [7, 3],
    [1, 1],
  ] as const) {
    const lines = read(morning({ columns, rows }));
    const taken = lines.reduce((sum, text) => sum + Math.max(1, Math.ceil(stringWidth(text) / columns)), 0);
    expect(taken).toBeLessThanOrEqual(rows);
  }
});

it("draws nothing", () => {
  for (const pane of ["composer", "conversations", "transcript"] as const)
    expect(read(morning({ pane })).join("\n")).not.toMatch(/[─│▌▏›●○]/);
  const number = {
    with: "bob",
    digits: "12345".repeat(12),
    qr: Array.from({ length: 9 }, () => "█▀▄█ ▄▀██"),
    verifiedAt: undefined,
    standing: "accepted" as const,
  };
  const lines = read(
    morning({
      screens: [
        {
          kind: "details",
          name: "bob",
          about: { kind: "person", number: { kind: "loaded", value: number } },
          chosen: 0,
          renaming: undefined,
          failure: undefined,
        },
      ],
    }),
  ).join("\n");
  expect(lines).toContain("12345 12345");
  expect(lines).not.toMatch(/[█▀▄]/);
});
