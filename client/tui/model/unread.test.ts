import { expect, test } from "vitest";
import { emptyState, message, messages, part } from "../../../test/support/transcript.ts";
import { openingOf, select } from "./open-conversation.ts";
import type { State } from "./state.ts";
import { transcriptSize, viewOf } from "./transcript-view.ts";
import { update } from "./update.ts";
import type { Updated } from "./updated.ts";

const fifty = messages(1, 50, { unread: true });

function opened(entries = fifty, more: Partial<State> = {}): Updated {
  const state = { ...emptyState(), ...more };
  return update(
    { ...state, open: openingOf(state, "#ops") },
    { kind: "loaded", loaded: { what: "transcript", part: part(entries), around: undefined } },
  );
}

/** The keys that were marked read. */
function marked([, effects]: Updated): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === "mark read" ? effect.keys : []));
}

test("what is on the screen is read, and nothing else", () => {
  const updated = opened();
  const [{ open }] = updated;
  const read = marked(updated);
  expect(read[0]).toBe("k1");
  expect(read.length).toBeGreaterThan(5);
  expect(read.length).toBeLessThan(24);
  expect(open?.entries.filter((entry) => entry.kind === "message" && !entry.unread)).toHaveLength(
    read.length,
  );
});

test("what is marked read is not marked again", () => {
  const [state] = opened();
  expect(marked(update(state, { kind: "time", now: state.now + 60_000 }))).toEqual([]);
});

test("scrolling on reads the next ones, until all are read", () => {
  const first = opened();
  let [state] = first;
  const all = [...marked(first)];
  for (let pages = 0; pages < 10; pages++) {
    const updated = update(state, { kind: "command", command: "page down" });
    [state] = updated;
    all.push(...marked(updated));
  }
  expect(all).toEqual(fifty.map(({ key }) => key));
});

test("what the line at the lower edge covers is not read", () => {
  const [state] = opened();
  if (state.open === undefined) throw new Error("nothing is open");
  const size = transcriptSize(state);
  const { below, rows } = viewOf(state, state.open, size);
  expect(rows).toHaveLength(size.height - 1);
  expect(below?.unread).toBe(50 - marked(opened()).length);
});

test("nothing is read while the terminal has not the focus, and all that is seen when it has it again", () => {
  const away = opened(fifty, { hasFocus: false });
  expect(marked(away)).toEqual([]);
  expect(marked(update(away[0], { kind: "focus", has: true }))).toEqual(marked(opened()));
});

test("nothing is read behind a screen", () => {
  const screens = [{ kind: "help", above: 0 }] as const;
  const hidden = opened(fifty, { screens });
  expect(marked(hidden)).toEqual([]);
  expect(marked(update(hidden[0], { kind: "command", command: "back" })).length).toBeGreaterThan(0);
});

test("nothing is read while a narrow terminal shows the list", () => {
  expect(marked(opened(fifty, { columns: 60, pane: "conversations" }))).toEqual([]);
  expect(marked(opened(fifty, { columns: 60 })).length).toBeGreaterThan(0);
});

test("nothing is read on a terminal without room for a line", () => {
  expect(marked(opened(fifty, { columns: 1, rows: 1 }))).toEqual([]);
});

test("a message is read when its last line was seen", () => {
  const tall = message(1, { unread: true, text: "line\n".repeat(100) });
  const updated = opened([tall, message(2)], { hasFocus: false });
  const [top] = update(updated[0], { kind: "wheel", target: undefined, lines: -1_000 });
  const focused = update(top, { kind: "focus", has: true });
  expect(marked(focused)).toEqual([]);
  expect(marked(update(select(focused[0]), { kind: "wheel", target: undefined, lines: 1_000 }))).toEqual([
    "k1",
  ]);
});

test("what arrives at the end of what is looked at is read at once", () => {
  const [state] = opened([message(1)]);
  const entries = [message(2, { unread: true })];
  const data = { what: "entries", conversation: "#ops", entries, gone: [] } as const;
  expect(marked(update(state, { kind: "chat", data }))).toEqual(["k2"]);
});
