import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { anyEntry, at, message, stateWith } from "../../../../test/support/transcript.ts";
import type { Entry, MessageEntry } from "../../model/data.ts";
import { geometryOf } from "../../model/geometry.ts";
import type { Line } from "../../model/line.ts";
import { select } from "../../model/open-conversation.ts";
import type { State } from "../../model/state.ts";
import { update } from "../../model/update.ts";
import { screenLines } from "./index.ts";

function shown(lines: readonly Line[]): string[] {
  return lines.map(({ spans }) =>
    spans
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
}

/** With the details of a message open. */
function detailsOf(entry: Entry): State {
  const state = select({ ...stateWith([entry]), pane: "transcript" }, entry.key);
  return update(state, { kind: "command", command: "message details" })[0];
}

function drawn(state: State, width = 60, height = 40): string[] {
  const top = state.screens.at(-1);
  return top === undefined ? [] : shown(screenLines(top, state, width, height));
}

function detailsWith(more: Partial<MessageEntry>, width = 60): string[] {
  return drawn(detailsOf(message(1, more)), width);
}

test("it says who has an own message, each member once", () => {
  const receipts = { delivered: ["bob", "carol"], read: ["bob"], missing: ["dave"] };
  const own = {
    own: true,
    from: "alice",
    text: "Hi all.",
    state: "sent",
    receipts,
    sentAt: at(9, 12),
  } as const;
  expect(detailsWith(own)).toEqual([
    "",
    "  alice  Friday 20 November, 09:12",
    "  Hi all.",
    "",
    "  State         ✓ sent: the relay has it",
    "  Read by       bob",
    "  Delivered to  carol",
    "  Not yet       dave",
  ]);
});

test("it says all that became of a message, and who did it", () => {
  const rows = detailsWith({
    edited: true,
    pinned: true,
    expiresAt: at(12, 0),
    sharedBy: "carol",
    votes: { up: 3, down: 1, mine: "down" },
    reactions: [{ emoji: "👍", by: ["bob", "dave"], mine: false }],
    quote: { key: "k0", from: "dave", text: "Which?" },
  });
  expect(rows).toContain("  ↳ dave: Which?");
  expect(rows).toContain("  Edited        by who wrote it");
  expect(rows).toContain("  Pinned        yes");
  expect(rows).toContain("  Disappears    in 2 h");
  expect(rows).toContain("  Votes         ▲3 ▼1, you voted down");
  expect(rows).toContain("  👍            bob, dave");
  expect(rows.some((row) => row.startsWith("  Shared by     carol, from before your time"))).toBe(true);
});

test("why it failed is said", () => {
  expect(detailsWith({ own: true, state: "failed", trouble: "Too large." }).slice(-2)).toEqual([
    "  State         failed: it was not sent",
    "  Trouble       Too large.",
  ]);
});

test("all of a long message can be scrolled through, and no further", () => {
  const text = Array.from({ length: 500 }, (_, line) => `line ${line}`).join("\n");
  let state = detailsOf(message(1, { text }));
  const { width, height } = geometryOf(state).main;
  for (let pages = 0; pages < 60; pages++) [state] = update(state, { kind: "command", command: "page down" });
  const end = drawn(state, width, height);
  expect(end).toHaveLength(height);
  expect(end.at(-1)).toContain("line 499");
  const [up] = update(state, { kind: "command", command: "up" });
  expect(drawn(up, width, height).at(-1)).toContain("line 498");
});

test("a message that goes while its details are open is said to be gone", () => {
  const data = { what: "entries", conversation: "#ops", entries: [], gone: ["k1"] } as const;
  const [state] = update(detailsOf(message(1)), { kind: "chat", data });
  expect(drawn(state)).toEqual([" The message is gone."]);
});

test("whatever it says, each line fits", () => {
  const size = fc.integer({ min: 0, max: 80 });
  fc.assert(
    fc.property(anyEntry, size, size, (entry, width, height) => {
      const rows = drawn(detailsOf(entry), width, height);
      expect(rows.length).toBeLessThanOrEqual(height);
      for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
    }),
    { numRuns: 300 },
  );
});
