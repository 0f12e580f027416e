import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import {
  anyEntries,
  at,
  emptyState,
  event,
  message,
  messages,
  stateWith,
} from "../../../test/support/transcript.ts";
import type { Entry } from "../model/data.ts";
import type { Line } from "../model/line.ts";
import { scroll, select } from "../model/open-conversation.ts";
import { transcriptLines } from "./transcript.ts";

function shown(lines: readonly Line[]): string[] {
  return lines.map(({ spans }) =>
    spans
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
}

/** As they stand on a screen, without the empty rows above. */
function drawn(entries: readonly Entry[], width = 60): string[] {
  const rows = shown(transcriptLines(stateWith(entries), width, 300));
  return rows.slice(rows.findIndex((row) => row !== ""));
}

function stylesOf(entries: readonly Entry[], style: string): string[] {
  return transcriptLines(stateWith(entries), 60, 20).flatMap(({ spans }) =>
    spans.filter((span) => span.style === style).map(({ text }) => text),
  );
}

test("messages stand under their day, by sender and minute", () => {
  expect(
    drawn([
      message(1, { text: "Deploy is green.", sentAt: at(9, 12) }),
      message(2, { text: "Really.", sentAt: at(9, 12) }),
      message(3, { text: "Since ten past.", sentAt: at(9, 15) }),
      message(4, { text: "Nice.", from: "carol", sentAt: at(9, 15) }),
      message(5, { text: "Morning!", from: "carol", sentAt: at(8, 0, 1) }),
    ]),
  ).toEqual([
    "──────────────────── Friday 20 November ────────────────────",
    "  09:12 bob    Deploy is green.",
    "               Really.",
    "  09:15        Since ten past.",
    "        carol  Nice.",
    "─────────────────── Saturday 21 November ───────────────────",
    "  08:00 carol  Morning!",
  ]);
});

test("the name stands again after ten minutes", () => {
  const [, , second] = drawn([message(1), message(2, { sentAt: at(9, 10) })]);
  expect(second).toBe("  09:10 bob    message 2");
});

test("a day of another year says which", () => {
  const [rule] = drawn([message(1, { sentAt: new Date(2024, 1, 29, 12).getTime() })]);
  expect(rule).toContain(" Thursday 29 February 2024 ");
});

test("a time that no calendar has breaks nothing", () => {
  expect(drawn([message(1, { sentAt: Number.MAX_SAFE_INTEGER })])[1]).toBe("  --:-- bob    message 1");
});

test("an answer quotes the original in one line", () => {
  const quote = { key: "k1", from: "bob", text: `Deploy is green.\n${"and more ".repeat(20)}` };
  expect(drawn([message(2, { from: "carol", text: "Nice.", quote })]).slice(1)).toEqual([
    "  09:00 carol  ↳ bob: Deploy is green. and more and more an…",
    "               Nice.",
  ]);
});

test("votes, reactions and how far it got stand at the right of the last line", () => {
  const votes = { up: 2, down: 0, mine: "up" } as const;
  const reactions = [{ emoji: "👍", by: ["bob"], mine: false }];
  expect(drawn([message(1, { text: "Yes.", own: true, state: "delivered", votes, reactions })])[1]).toBe(
    "  09:00 bob    Yes.                         ▲2* ▼0  👍 1  ✓✓",
  );
});

test("marks that do not fit beside the text stand below it", () => {
  const text = "x".repeat(43);
  expect(drawn([message(1, { text, own: true, state: "sent", edited: true })]).slice(1)).toEqual([
    `  09:00 bob    ${text}`,
    `${" ".repeat(51)}edited  ✓`,
  ]);
});

test("marks stand below a text that is read from the right, where a terminal would move them", () => {
  expect(drawn([message(1, { text: "שלום", state: "sent" })]).slice(1)).toEqual([
    "  09:00 bob    שלום",
    `${" ".repeat(59)}✓`,
  ]);
});

test.each([
  ["queued", "queued"],
  ["sent", "✓"],
  ["delivered", "✓✓"],
  ["read", "read"],
  ["failed", "failed"],
] as const)("an own message that is %s says so: %s", (state, mark) => {
  expect(drawn([message(1, { text: "Hi.", own: true, state })])[1]?.endsWith(` ${mark}`)).toBe(true);
});

test("why a message failed is said below it", () => {
  expect(drawn([message(1, { text: "Hi.", state: "failed", trouble: "Too large." })]).slice(1)).toEqual([
    "  09:00 bob    Hi.",
    `               Too large.${" ".repeat(29)}failed`,
  ]);
});

test("edited, pinned, expiring and handed-on messages are marked in words", () => {
  const all = { edited: true, pinned: true, expiresAt: at(10, 5), sharedBy: "carol" };
  const width = 100;
  expect(drawn([message(1, all)], width)[1]).toContain("shared by carol  edited  pinned  gone in 5 min");
});

test("of a deleted message nothing stands but that", () => {
  const gone = message(1, { deleted: true, text: "secret", quote: { key: "k", from: "x", text: "y" } });
  expect(drawn([gone]).slice(1)).toEqual(["  09:00 bob    message deleted"]);
});

test("what happened is one line without a name, and an alarm has a sign", () => {
  expect(
    drawn([event(1, "carol joined"), event(2, "bob's keys changed", { gravity: "alarm" })]).slice(1),
  ).toEqual(["  09:00        · carol joined", "               ! bob's keys changed"]);
});

test("code in a block keeps its spaces and has an edge; the fences are not shown", () => {
  expect(drawn([message(1, { text: "so:\n```ts\nif (a)\n    b();\n```\nok" })]).slice(1)).toEqual([
    "  09:00 bob    so:",
    "               │ if (a)",
    "               │     b();",
    "               ok",
  ]);
});

test("a fence that nothing closes is text", () => {
  expect(drawn([message(1, { text: "a\n```\nb" })]).slice(1)).toEqual([
    "  09:00 bob    a",
    "               ```",
    "               b",
  ]);
});

test("links end where the sentence goes on", () => {
  const text = "See https://a.example/x_(y). And (http://b.example/), not ftp://c or javascript:alert(1)";
  expect(stylesOf([message(1, { text })], "link").join("|")).toBe(
    "https://a.example/x_(y)|http://b.example/",
  );
});

test("a link over several lines is a link on each", () => {
  const text = `https://a.example/${"x".repeat(60)}`;
  expect(stylesOf([message(1, { text })], "link").join("")).toBe(text);
});

test("code between backticks is not looked into", () => {
  const text = "run `curl https://a.example @alice` now, @alice, not @alicia or bob@alice";
  expect(stylesOf([message(1, { text })], "code")).toEqual(["`curl https://a.example @alice`"]);
  expect(stylesOf([message(1, { text })], "link")).toEqual([]);
  expect(stylesOf([message(1, { text })], "accent")).toEqual(["@alice"]);
});

test("text of thousands of punctuation marks is laid out at once", () => {
  const start = performance.now();
  for (const text of [
    `http://${")".repeat(50_000)}`,
    `@alice${".".repeat(50_000)}x`,
    "`".repeat(50_000),
    "http://".repeat(8_000),
  ])
    drawn([message(1, { text })]);
  expect(performance.now() - start).toBeLessThan(1_500);
});

test("of an endless message the beginning is shown", () => {
  const rows = drawn([message(1, { text: "a\n".repeat(40_000) })]);
  expect(rows.at(-1)).toBe("               … it goes on: see its details");
});

test("the line of what is new stands before the first that was unread", () => {
  const state = { ...emptyState(), hasFocus: false };
  const entries = [message(1), message(2, { unread: true })];
  expect(shown(transcriptLines(stateWith(entries, { state }), 50, 4)).slice(1)).toEqual([
    "  09:00 bob    message 1",
    "── new ───────────────────────────────────────────",
    "  09:00 bob    message 2",
  ]);
});

test("where it is narrow, name and time stand above the text", () => {
  expect(drawn([message(1, { text: "one two three" }), message(2, { text: "four" })], 12).slice(1)).toEqual([
    " bob 09:00",
    " one two",
    " three",
    " four",
  ]);
});

test("the chosen message has a bar on each of its lines, and no other has", () => {
  const state = stateWith([message(1, { text: "a\nb" }), message(2)]);
  const rows = shown(transcriptLines(select({ ...state, pane: "transcript" }, "k1"), 60, 4));
  expect(rows.map((row) => row.startsWith("▌"))).toEqual([false, true, true, false]);
});

test("a click on any line of a message is on that message", () => {
  const lines = transcriptLines(stateWith([message(1, { text: "a\nb" }), event(2, "x")]), 60, 4);
  const target = { kind: "message", key: "k1" };
  expect(lines.map((line) => line.target)).toEqual([undefined, target, target, undefined]);
});

test("few messages stand at the bottom, and none are said to be none", () => {
  expect(shown(transcriptLines(stateWith([message(1)]), 60, 4)).slice(0, 2)).toEqual(["", ""]);
  expect(shown(transcriptLines(stateWith([]), 60, 3))).toEqual(["", "", "  No messages yet."]);
  expect(shown(transcriptLines(emptyState(), 60, 2))).toEqual(["", ""]);
});

test("unread messages below the window are counted at its lower edge", () => {
  const state = { ...emptyState(96, 12), hasFocus: false };
  const read = stateWith(messages(1, 60), { state });
  const [up] = scroll(read, -20);
  const entries = up.open?.entries.map((entry) => (entry.position > 57 ? { ...entry, unread: true } : entry));
  const open = up.open && { ...up.open, entries: (entries ?? []) as Entry[] };
  expect(shown(transcriptLines({ ...up, open }, 40, 8)).at(-1)).toBe(
    "───────── 3 new messages below ─────────",
  );
});

test("whatever anybody writes, each line fits its width, and there are as many as rows", () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 10, max: 110 }));
  fc.assert(
    fc.property(anyEntries, size, fc.integer({ min: 0, max: 40 }), (entries, width, height) => {
      const lines = transcriptLines(stateWith(entries), width, height);
      expect(lines).toHaveLength(height);
      for (const { spans } of lines) {
        const text = spans.map((span) => span.text).join("");
        expect(stringWidth(text)).toBeLessThanOrEqual(width);
        expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }
    }),
    { numRuns: 500 },
  );
});
