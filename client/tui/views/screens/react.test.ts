import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { anyEntry, message, stateWith } from "../../../../test/support/transcript.ts";
import type { CommandName } from "../../model/command.ts";
import type { Entry } from "../../model/data.ts";
import type { Event } from "../../model/event.ts";
import { select } from "../../model/open-conversation.ts";
import type { State } from "../../model/state.ts";
import { update } from "../../model/update.ts";
import type { Updated } from "../../model/updated.ts";
import { screenLines } from "./index.ts";

function reactingTo(entry: Entry): State {
  const state = select({ ...stateWith([entry]), pane: "transcript" }, entry.key);
  return update(state, { kind: "command", command: "react" })[0];
}

function after(state: State, ...events: (CommandName | { readonly type: string })[]): Updated {
  let updated: Updated = [state, []];
  for (const each of events) {
    const event: Event =
      typeof each === "string" ? { kind: "command", command: each } : { kind: "paste", text: each.type };
    updated = update(updated[0], event);
  }
  return updated;
}

function rows(state: State, width = 60, height = 12): string[] {
  const top = state.screens.at(-1);
  if (top === undefined) return [];
  return screenLines(top, state, width, height).map(({ spans }) =>
    spans
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
}

const reacted = message(1, {
  reactions: [
    { emoji: "🚀", by: ["bob"], mine: false },
    { emoji: "👀", by: ["alice"], mine: true },
  ],
});

test("the usual ones are offered, the first chosen by enter", () => {
  const [state, effects] = after(reactingTo(message(1)), "choose");
  expect(effects).toEqual([{ kind: "react", id: "i1", emoji: "👍", remove: false }]);
  expect(state.screens).toEqual([]);
});

test("one's own comes first, to be taken back, then those of others", () => {
  const state = reactingTo(reacted);
  expect(rows(state).slice(3, 5)).toEqual([" ▌ 👀  eyes  take back", "   🚀"]);
  expect(after(state, "choose")[1]).toEqual([{ kind: "react", id: "i1", emoji: "👀", remove: true }]);
  expect(after(state, "down", "choose")[1]).toEqual([
    { kind: "react", id: "i1", emoji: "🚀", remove: false },
  ]);
});

test("an emoji is found by its name, with or without colons", () => {
  for (const type of ["rocket", ":rocket:", "rocke"]) {
    const [, effects] = after(reactingTo(message(1)), { type }, "choose");
    expect(effects).toEqual([{ kind: "react", id: "i1", emoji: "🚀", remove: false }]);
  }
});

test("an emoji that was typed is taken as it is", () => {
  const [, effects] = after(reactingTo(message(1)), { type: "👩‍🚀" }, "choose");
  expect(effects).toEqual([{ kind: "react", id: "i1", emoji: "👩‍🚀", remove: false }]);
});

test("what no emoji is called chooses nothing", () => {
  const [state, effects] = after(reactingTo(message(1)), { type: "qqqq" }, "down", "choose");
  expect(effects).toEqual([]);
  expect(rows(state)).toContain("   No emoji is called that.");
});

test("to a deleted message nobody reacts", () => {
  expect(reactingTo(message(1, { deleted: true })).screens).toEqual([]);
});

test("whatever there is to react to, each line fits", () => {
  const size = fc.integer({ min: 0, max: 80 });
  fc.assert(
    fc.property(anyEntry, size, size, (entry, width, height) => {
      const all = rows(reactingTo(entry), width, height);
      expect(all.length).toBeLessThanOrEqual(height);
      for (const row of all) expect(stringWidth(row)).toBeLessThanOrEqual(width);
    }),
  );
});
