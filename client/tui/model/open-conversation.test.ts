import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anyEntries,
  anyEntry,
  emptyState,
  event,
  message,
  messages,
  part,
  stateWith,
} from "../../../test/support/transcript.ts";
import { transcriptLines } from "../views/transcript.ts";
import { type CommandName, commandNames } from "./command.ts";
import type { Effect } from "./effect.ts";
import type { Event } from "./event.ts";
import { MAX_ENTRIES } from "./merge-entries.ts";
import { openingOf, runTranscript, scroll, select, takeEntries, takePart } from "./open-conversation.ts";
import type { OpenConversation, State } from "./state.ts";
import { transcriptSize, viewOf } from "./transcript-view.ts";
import { update } from "./update.ts";

function openOf(state: State): OpenConversation {
  if (state.open === undefined) throw new Error("nothing is open");
  return state.open;
}

/** The entries on the screen, each once. */
function seen(state: State): string[] {
  const open = openOf(state);
  const { rows } = viewOf(state, open, transcriptSize(state));
  return [...new Set(rows.map(({ index }) => open.entries[index]?.key ?? ""))];
}

/** The rows of messages on the screen, without rules. */
function rows(state: State): string[] {
  const { width, height } = transcriptSize(state);
  return transcriptLines(state, width, height)
    .map(({ spans }) =>
      spans
        .map(({ text }) => text)
        .join("")
        .trimEnd(),
    )
    .filter((row) => !row.startsWith("─"));
}

function inTranscript(state: State, key?: string): State {
  return select({ ...state, pane: "transcript" }, key);
}

function arrive(state: State, entries: Parameters<typeof part>[0], gone: string[] = []): State {
  return takeEntries(state, { what: "entries", conversation: "#ops", entries, gone })[0];
}

function commanded(state: State, ...commands: CommandName[]): State {
  return commands.reduce((before, command) => runTranscript(before, command)[0], state);
}

function effectsOf(state: State, command: CommandName): readonly Effect[] {
  return runTranscript(state, command)[1];
}

const long = messages(1, 100);

test("a conversation opens with its draft, at its end", () => {
  const state = { ...emptyState(), drafts: new Map([["#ops", "half a sen"]]) };
  expect(openingOf(state, "#ops")?.composer.text).toBe("half a sen");
  expect(seen(stateWith(long)).at(-1)).toBe("k100");
});

test("a conversation with more unread than fits opens where that begins", () => {
  const state = { ...emptyState(), hasFocus: false };
  const opened = stateWith([...messages(1, 50), ...messages(51, 100, { unread: true })], { state });
  expect(openOf(opened).newFrom).toBe("k51");
  expect(seen(opened).slice(0, 3)).toEqual(["k49", "k50", "k51"]);
});

test("a part of another conversation, or one that is not open any more, changes nothing", () => {
  const state = stateWith(long);
  const other = part(messages(1, 3), { conversation: "#else" });
  expect(takePart(state, { what: "older", part: other })[0]).toBe(state);
  expect(takePart(emptyState(), { what: "older", part: part([]) })[0].open).toBeUndefined();
});

test("scrolling by lines and pages moves by just that, and back", () => {
  const state = stateWith(long);
  const [up] = scroll(state, -5);
  expect(seen(up).at(-1)).toBe("k95");
  const [back] = scroll(up, 5);
  expect(openOf(back).anchor).toEqual({ kind: "end" });
  const { height } = transcriptSize(state);
  const [page] = scroll(state, "page up");
  expect(seen(page).at(-1)).toBe(`k${100 - height + 2}`);
  expect(openOf(scroll(page, "page down")[0]).anchor).toEqual({ kind: "end" });
});

test("beyond the first and the last line there is nothing to scroll to", () => {
  const [top] = scroll(stateWith(long), -10_000);
  expect(seen(top)[0]).toBe("k1");
  expect(scroll(top, -1)[0].open?.anchor).toEqual(openOf(top).anchor);
  expect(openOf(scroll(top, 10_000)[0]).anchor).toEqual({ kind: "end" });
  const few = stateWith(messages(1, 3));
  expect(openOf(scroll(few, -1)[0]).anchor).toEqual({ kind: "end" });
});

test("who is at the end stays there when something arrives, and who is not keeps the place", () => {
  const state = stateWith(long);
  expect(seen(arrive(state, [message(101)])).at(-1)).toBe("k101");
  const [up] = scroll(state, -30);
  expect(rows(arrive(up, messages(101, 140)))).toEqual(rows(up));
});

test("what changes above the window or is gone there does not move it", () => {
  const [up] = scroll(stateWith(long), -10);
  expect(rows(arrive(up, [message(3, { text: "a\nb\nc\nd" })], ["k1", "k2"]))).toEqual(rows(up));
});

test("if the message at the upper edge goes, the one below it takes its place", () => {
  const [up] = scroll(stateWith(long), -30);
  const [first, second] = seen(up);
  expect(seen(arrive(up, [], [first ?? ""]))[0]).toBe(second);
});

test("older messages come in above, and nothing moves, not even by the day line that goes", () => {
  const state = stateWith(messages(51, 100), { more: { hasOlder: true } });
  const [top] = scroll(state, -1_000);
  const before = rows(top);
  const [after] = takePart(top, { what: "older", part: part(messages(1, 50)) });
  // Two rules went, and two older messages are where they were.
  expect(rows(after).slice(2)).toEqual(before.map((row) => row.replace("09:00 bob", "         ")));
  expect(openOf(after).entries).toHaveLength(100);
});

test("more is fetched before an edge is reached, once at a time", () => {
  const more = { hasOlder: true };
  const state = stateWith(messages(101, 200), { more });
  const [up, effects] = scroll(state, -70);
  expect(effects).toEqual([{ kind: "older", conversation: "#ops", from: 101 }]);
  expect(scroll(up, -1)[1]).toEqual([]);
  const failure = { code: "x", message: "It failed.", hint: undefined };
  const [failed] = update(up, { kind: "failed", effect: "older", failure });
  expect(scroll(failed, -1)[1]).toEqual([{ kind: "older", conversation: "#ops", from: 101 }]);
});

test("an empty part ends the asking", () => {
  const state = stateWith(messages(1, 3), { more: { hasOlder: true } });
  expect(openOf(state).isLoading).toBe(true);
  const [after, effects] = takePart(state, { what: "older", part: part([], { hasOlder: true }) });
  expect([effects, openOf(after).isLoading]).toEqual([[], false]);
});

test("newer messages are fetched on the way down, and the end is only where there are no more", () => {
  const empty = { ...emptyState(), open: openingOf(emptyState(), "#ops") };
  const middle = part(messages(1, 100), { hasNewer: true });
  const [state, effects] = takePart(empty, { what: "transcript", part: middle, around: undefined });
  expect(effects).toEqual([{ kind: "newer", conversation: "#ops", from: 100 }]);
  const [after] = takePart(state, { what: "newer", part: part(messages(101, 130)) });
  expect(rows(after).slice(0, -1)).toEqual(rows(state));
  expect(seen(after).at(-1)).not.toBe("k130");
  expect(openOf(scroll(after, 1_000)[0]).anchor).toEqual({ kind: "end" });
});

test("what arrives beyond a gap stays away until the gap is filled", () => {
  const state = stateWith(messages(50, 100), { more: { hasNewer: true, hasOlder: true } });
  expect(openOf(arrive(state, [message(200), message(3)])).entries).toHaveLength(51);
});

test("unchanged entries stay the same objects, so that they are not laid out anew", () => {
  const state = stateWith(long);
  const [changed, same] = [message(5, { text: "new" }), message(6)];
  const after = openOf(arrive(state, [changed, same])).entries;
  expect(after[4]).toBe(changed);
  expect(after[5]).toBe(long[5]);
  expect(arrive(state, [same])).toBe(state);
});

test("an own message that was queued goes where the log has it", () => {
  const state = stateWith([...messages(1, 3), message(2 ** 52, { key: "mine", own: true, state: "queued" })]);
  const after = arrive(state, [message(5), message(4, { key: "mine", own: true, state: "sent" })]);
  expect(openOf(after).entries.map(({ key }) => key)).toEqual(["k1", "k2", "k3", "mine", "k5"]);
});

test("of a long conversation a bounded part is kept: the end, or what is read", () => {
  const state = stateWith(messages(1, MAX_ENTRIES));
  const end = openOf(arrive(state, messages(MAX_ENTRIES + 1, MAX_ENTRIES + 50)));
  expect([end.entries.length, end.entries[0]?.key, end.hasOlder]).toEqual([MAX_ENTRIES, "k51", true]);
  const [top] = scroll(state, -100_000);
  const after = arrive(top, messages(MAX_ENTRIES + 1, MAX_ENTRIES + 50));
  expect(rows(after)).toEqual(rows(top));
  expect([openOf(after).entries.length, openOf(after).hasNewer]).toEqual([MAX_ENTRIES, true]);
});

test("the new line comes when something arrives while nobody looks, and goes with an answer", () => {
  const state = connected(stateWith(long));
  expect(openOf(arrive(state, [message(101, { unread: true })])).newFrom).toBeUndefined();
  const away = { ...state, hasFocus: false };
  const back = arrive(arrive(away, [message(101, { unread: true })]), [message(102, { unread: true })]);
  expect(openOf(back).newFrom).toBe("k101");
  expect(openOf(arrive(back, [message(103, { own: true, from: "alice" })])).newFrom).toBeUndefined();
});

test("the new line stands before what was missed, which comes before it is connected", () => {
  const state = stateWith(long);
  const missed = arrive(state, [message(101, { unread: true })]);
  expect(openOf(missed).newFrom).toBe("k101");
  const [live] = update(missed, { kind: "chat", data: { what: "connection", connection: online } });
  expect(openOf(arrive(live, [message(102, { unread: true })])).newFrom).toBe("k101");
});

const online = { state: "connected", why: undefined, queued: 0 } as const;

function connected(state: State): State {
  return { ...state, connection: online };
}

test("the keys of the transcript begin with the lowest message on the screen", () => {
  expect(openOf(inTranscript(stateWith([...long, event(101, "x")]))).selected).toBe("k100");
  expect(openOf(inTranscript(scroll(stateWith(long), -30)[0])).selected).toBe("k70");
  expect(openOf(select({ ...inTranscript(stateWith(long)), pane: "composer" })).selected).toBeUndefined();
});

test("up and down choose messages, not events, and the chosen one is on the screen", () => {
  let state = inTranscript(stateWith([message(1), event(2, "x"), ...messages(3, 80)]));
  for (let position = 79; position >= 3; position--) {
    state = commanded(state, "select up");
    expect(openOf(state).selected).toBe(`k${position}`);
    expect(seen(state)).toContain(`k${position}`);
  }
  expect(openOf(commanded(state, "select up")).selected).toBe("k1");
  expect(openOf(commanded(state, "select down")).selected).toBe("k4");
});

test("where events fill the screen, up leads back to the message above them", () => {
  const events = Array.from({ length: 40 }, (_, index) => event(10 + index, `event ${index}`));
  let state = inTranscript(scroll(stateWith([message(1), message(2), ...events]), -1_000)[0], "k2");
  for (let presses = 0; presses < 30; presses++) state = commanded(state, "select down");
  expect(seen(state)).not.toContain("k2");
  const back = commanded(state, "select up");
  expect([openOf(back).selected, seen(back)[0]]).toEqual(["k2", "k2"]);
});

test("a message taller than the screen is scrolled through before the next is chosen", () => {
  const tall = message(2, { text: Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n") });
  let state = inTranscript(stateWith([message(1), tall, message(3)]), "k3");
  const read = new Set(rows(state));
  for (let presses = 0; openOf(state).selected !== "k1" && presses < 20; presses++) {
    state = commanded(state, "select up");
    for (const row of rows(state)) read.add(row);
  }
  expect(openOf(state).selected).toBe("k1");
  for (let line = 0; line < 60; line++)
    expect([...read].some((row) => row.endsWith(` line ${line}`))).toBe(true);
});

test("first and last go to the outermost messages", () => {
  const state = inTranscript(stateWith(long));
  const top = commanded(state, "select first");
  expect([openOf(top).selected, seen(top)[0]]).toEqual(["k1", "k1"]);
  const end = commanded(top, "select last");
  expect([openOf(end).selected, openOf(end).anchor]).toEqual(["k100", { kind: "end" }]);
});

test("the last of a part in the middle is the newest of all", () => {
  const state = inTranscript(stateWith(long, { more: { hasNewer: true } }));
  expect(effectsOf({ ...state, open: { ...openOf(state), isLoading: false } }, "select last")).toEqual([
    { kind: "open", conversation: "#ops" },
  ]);
  const [after] = takePart(state, { what: "transcript", part: part(messages(300, 400)), around: undefined });
  expect(seen(after).at(-1)).toBe("k400");
});

test("half a page scrolls and the choice goes along", () => {
  const up = commanded(inTranscript(stateWith(long)), "half page up", "half page up", "half page up");
  expect(seen(up)).toContain(openOf(up).selected);
  expect(openOf(up).selected).not.toBe("k100");
});

test("the next mention comes after the chosen message, and after the last the first", () => {
  const mention = { mentionsMe: true };
  const state = inTranscript(
    stateWith([...messages(1, 60), message(61, mention), message(62), message(63, mention)]),
    "k62",
  );
  expect(openOf(commanded(state, "next mention")).selected).toBe("k63");
  const first = commanded(state, "next mention", "next mention");
  expect(openOf(first).selected).toBe("k61");
  expect(openOf(commanded(inTranscript(stateWith(long)), "next mention")).selected).toBe("k100");
});

test("the original of an answer is shown in the middle, or fetched", () => {
  const quote = (key: string | undefined) => ({ quote: { key, from: "bob", text: "…" } });
  const state = inTranscript(stateWith([...messages(1, 99), message(100, quote("k40"))]));
  const there = commanded(state, "original");
  expect(openOf(there).selected).toBe("k40");
  const { height } = transcriptSize(there);
  expect(Math.abs(seen(there).indexOf("k40") - height / 2)).toBeLessThan(3);

  const far = inTranscript(stateWith([message(100, quote("k9"))]));
  expect(effectsOf(far, "original")).toEqual([{ kind: "open", conversation: "#ops", around: "k9" }]);
  const [after] = takePart(far, {
    what: "transcript",
    part: part(messages(1, 50), { hasNewer: true }),
    around: "k9",
  });
  expect(openOf(after).selected).toBe("k9");
  expect(seen(after)).toContain("k9");
  expect(effectsOf(inTranscript(stateWith([message(1, quote(undefined))])), "original")).toEqual([]);
});

test("a message that was searched for is chosen when its surroundings come", () => {
  const state = { ...emptyState(), open: openingOf(emptyState(), "#ops") };
  const [after] = takePart(state, { what: "transcript", part: part(long), around: "k50" });
  expect([after.pane, openOf(after).selected]).toEqual(["transcript", "k50"]);
});

test("what arrives does not push the chosen message off the screen", () => {
  let state = commanded(inTranscript(stateWith(long)), "select up", "select up");
  for (let position = 101; position < 160; position++) state = arrive(state, [message(position)]);
  expect([openOf(state).selected, seen(state)[0]]).toEqual(["k98", "k98"]);
});

test("if the chosen message is gone, the one beside it is chosen", () => {
  const state = inTranscript(stateWith(long), "k60");
  expect(openOf(arrive(state, [], ["k60"])).selected).toBe("k61");
  expect(openOf(arrive(inTranscript(stateWith(long)), [], ["k100"])).selected).toBe("k99");
});

test("another size of the terminal keeps the place and the choice on the screen", () => {
  const [up] = scroll(stateWith(long), -50);
  const first = seen(up)[0];
  for (const [columns, lines] of [
    [60, 16],
    [250, 70],
    [1, 1],
    [96, 24],
  ] as const) {
    const [after] = update(up, { kind: "resize", columns, rows: lines });
    if (lines > 6) expect(seen(after)[0]).toBe(first);
  }
  const state = inTranscript(stateWith(long), "k85");
  const [small] = update(state, { kind: "resize", columns: 60, rows: 12 });
  expect(seen(small)).toContain("k85");
});

test("reply and edit write in the composer; an edit keeps the draft", () => {
  const mine = message(2, { own: true, from: "alice", text: "mine" });
  const state = stateWith([message(1), mine]);
  const typed = update(state, { kind: "paste", text: "draft" })[0];
  const reply = commanded(inTranscript(typed, "k1"), "reply");
  expect([reply.pane, openOf(reply).purpose, openOf(reply).composer.text]).toEqual([
    "composer",
    { kind: "reply", id: "i1", key: "k1", from: "bob", text: "message 1" },
    "draft",
  ]);
  const edit = commanded(inTranscript(typed, "k2"), "edit");
  expect([openOf(edit).composer.text, openOf(edit).purpose]).toEqual([
    "mine",
    { kind: "edit", id: "i2", key: "k2", before: "draft" },
  ]);
  const both = commanded(inTranscript(edit, "k1"), "reply");
  expect(openOf(both).composer.text).toBe("draft");
  expect(openOf(commanded(inTranscript(typed, "k1"), "edit")).purpose).toEqual({ kind: "message" });
});

test("votes and pins are set, and taken back by doing it again", () => {
  const voted = message(1, { votes: { up: 1, down: 0, mine: "up" }, pinned: true });
  const state = inTranscript(stateWith([voted, message(2)]), "k1");
  expect(effectsOf(state, "vote up")).toEqual([{ kind: "vote", id: "i1", value: "none" }]);
  expect(effectsOf(state, "vote down")).toEqual([{ kind: "vote", id: "i1", value: "down" }]);
  expect(effectsOf(state, "pin")).toEqual([{ kind: "pin", id: "i1", pinned: false }]);
  expect(effectsOf(select(state, "k2"), "vote up")).toEqual([{ kind: "vote", id: "i2", value: "up" }]);
  expect(effectsOf(state, "copy")).toEqual([{ kind: "copy", text: "message 1" }]);
});

test("delete asks first", () => {
  const asked = commanded(inTranscript(stateWith(long)), "delete");
  expect(asked.screens).toMatchObject([
    { kind: "confirm", choices: [{ effects: [{ kind: "delete", id: "i100" }] }, {}] },
  ]);
});

test("with what is deleted or cannot be read nothing is done", () => {
  const state = stateWith([message(1, { deleted: true }), message(2, { content: "unreadable" })]);
  for (const key of ["k1", "k2"]) {
    const chosen = inTranscript(state, key);
    for (const command of ["reply", "edit", "vote up", "pin"] as const) {
      expect(runTranscript(chosen, command)).toEqual([chosen, []]);
    }
  }
});

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...commandNames).map((command): Event => ({ kind: "command", command })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      columns: fc.integer({ min: 1, max: 150 }),
      rows: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: -50, max: 50 })
      .map((lines): Event => ({ kind: "wheel", target: undefined, lines })),
  },
  { weight: 1, arbitrary: fc.boolean().map((has): Event => ({ kind: "focus", has })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("k1", "k3", "k9", "nothing")
      .map((key): Event => ({ kind: "click", target: { kind: "message", key } })),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        entries: fc.array(anyEntry, { maxLength: 6 }),
        gone: fc.subarray(["k1", "k2", "k3", "k7", "e4"]),
      })
      .map((data): Event => ({ kind: "chat", data: { what: "entries", conversation: "#ops", ...data } })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        what: fc.constantFrom("older" as const, "newer" as const),
        part: fc
          .record({ entries: anyEntries, hasOlder: fc.boolean(), hasNewer: fc.boolean() })
          .map(({ entries, ...more }) => part(entries, more)),
      })
      .map((loaded): Event => ({ kind: "loaded", loaded })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        entries: anyEntries,
        around: fc.constantFrom(undefined, "k2", "k10"),
        hasOlder: fc.boolean(),
      })
      .map(
        ({ entries, around, hasOlder }): Event => ({
          kind: "loaded",
          loaded: { what: "transcript", part: part(entries, { hasOlder }), around },
        }),
      ),
  },
);

test("whatever happens nothing throws, the choice is on the screen, and Esc leads to the composer", () => {
  fc.assert(
    fc.property(anyEntries, fc.array(anyEvent, { maxLength: 30 }), (entries, events) => {
      let state = stateWith(entries);
      for (const each of events) {
        [state] = update(state, each);
        const { width, height } = transcriptSize(state);
        expect(transcriptLines(state, width, height)).toHaveLength(height);
        const { open, pane } = state;
        if (open?.selected !== undefined) expect(open.entries.map(({ key }) => key)).toContain(open.selected);
        const isThereMessage = open !== undefined && seen(state).some((key) => key.startsWith("k"));
        if (open?.selected !== undefined && pane === "transcript" && height > 3 && isThereMessage) {
          expect(seen(state)).toContain(open.selected);
        }
        const positions = open?.entries.map(({ position }) => position) ?? [];
        expect(positions).toEqual([...positions].sort((one, other) => one - other));
      }
      for (let presses = 0; presses < 40; presses++)
        [state] = update(state, { kind: "command", command: "back" });
      expect([state.pane, state.screens]).toEqual(["composer", []]);
    }),
    { numRuns: 300 },
  );
});

test("whatever arrives below or changes above it, the line at the upper edge stays", () => {
  const change = fc.tuple(anyEntry, fc.integer({ min: 1, max: 160 })).map(([entry, position]) => ({
    ...entry,
    key: `${entry.kind.slice(0, 1)}${position}`,
    position,
  }));
  fc.assert(
    fc.property(fc.integer({ min: 25, max: 70 }), fc.array(change, { maxLength: 10 }), (by, changes) => {
      const [up] = scroll(stateWith(messages(1, 100)), -by);
      const first = seen(up)[0];
      expect(
        seen(
          arrive(
            up,
            changes.filter(({ position }) => `k${position}` !== first),
          ),
        )[0],
      ).toBe(first);
    }),
    { numRuns: 200 },
  );
});

test("to the first leads to the first of all, which may have to be fetched", () => {
  const state = inTranscript(stateWith(long, { more: { hasOlder: true } }));
  expect(effectsOf(state, "select first")).toEqual([{ kind: "oldest", conversation: "#ops" }]);
  expect(commanded(state, "select first")).toMatchObject({ open: { isLoading: true } });
  const all = inTranscript(stateWith(long));
  expect(effectsOf(all, "select first")).toEqual([]);
  expect(openOf(commanded(all, "select first")).selected).toBe("k1");
});

test("where there is no mention or nothing answered it is said", () => {
  const answer = message(3, { quote: { key: undefined, from: "bob", text: "gone" } });
  const state = inTranscript(stateWith([message(1), message(2), answer]), "k2");
  const said = (command: CommandName, key: string) =>
    runTranscript(inTranscript(state, key), command)[0].notices.map(({ text }) => text);
  expect(said("next mention", "k2")).toEqual(["None of the messages that are loaded names you."]);
  expect(said("original", "k2")).toEqual(["This is no answer to a message."]);
  expect(said("original", "k3")).toEqual(["What this answers is not here."]);
});

test("what failed is sent again or put away, and nothing else is", () => {
  const failed = message(2, { own: true, from: "alice", state: "failed" });
  const state = inTranscript(stateWith([message(1), failed]), "k2");
  expect(effectsOf(state, "send again")).toEqual([{ kind: "send again", key: "k2" }]);
  expect(commanded(state, "delete").screens).toMatchObject([
    { kind: "confirm", choices: [{ label: "Put away", effects: [{ kind: "put away", key: "k2" }] }, {}] },
  ]);
  const other = inTranscript(state, "k1");
  expect(effectsOf(other, "send again")).toEqual([]);
  expect(commanded(other, "send again").notices).toMatchObject([{ text: "This message has not failed." }]);
});
