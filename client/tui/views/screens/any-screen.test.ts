import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { done, keyEvent } from "../../../../test/support/tui-keys.ts";
import {
  digits,
  directory,
  hits,
  keys,
  numberWith,
  ops,
  person,
  relay,
  screens,
  unreachable,
} from "../../../../test/support/tui-screens.ts";
import { morning, strangers } from "../../../../test/support/tui-state.ts";
import { commandNames } from "../../model/command.ts";
import type { Loaded } from "../../model/data.ts";
import type { Event } from "../../model/event.ts";
import type { State } from "../../model/state.ts";
import { update } from "../../model/update.ts";
import { frameOf } from "../frame.ts";

// What others choose to be called and to write.
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 50 }),
  fc.constantFrom(
    "",
    "日本語の部屋",
    "👩‍👩‍👧‍👦",
    "\u001b]0;title\u0007",
    "שלום",
    "e\u0301".repeat(40),
    "a\nb\tc",
  ),
);
const anyRole = fc.constantFrom("owner", "admin", "member");

const anyLoaded: fc.Arbitrary<Loaded> = fc.oneof(
  fc.record({
    what: fc.constant("people"),
    people: fc.array(anyText.map((name) => person(name))),
    isWhole: fc.boolean(),
  } as const),
  fc.record({
    what: fc.constant("rooms"),
    rooms: fc.array(fc.record({ name: anyText, members: fc.nat(), joined: fc.boolean() })),
  } as const),
  fc
    .record({
      title: anyText,
      members: fc.array(fc.record({ name: anyText, role: anyRole, isVerified: fc.boolean() })),
      invited: fc.array(fc.record({ name: anyText, by: anyText })),
      mine: fc.option(anyRole, { nil: undefined }),
      history: fc.array(fc.record({ at: fc.double(), text: anyText })),
    })
    .map((group): Loaded => ({ what: "group", group: { ...ops, ...group } })),
  anyText.map(
    (id): Loaded => ({
      what: "keys",
      keys: { ...keys, devices: [{ id, isThis: true, since: Number.NaN }] },
    }),
  ),
  fc
    .constantFrom("bob", "carol", "zoe")
    .map((name): Loaded => ({ what: "safety number", number: numberWith(name, { standing: "stranger" }) })),
  anyText.map((text): Loaded => {
    const check = { name: text, isGood: text === "", detail: text, hint: text };
    return { what: "checks", checks: [check], isWhole: text !== "" };
  }),
  fc.constantFrom("bob", "zoe").map(
    (name): Loaded => ({
      what: "key change",
      change: { with: name, before: digits, now: digits, wasVerified: false },
    }),
  ),
  fc.constantFrom("d", "de", "x").map((query): Loaded => ({ what: "search", query, hits })),
  anyText.map(
    (text): Loaded => ({
      what: "relay",
      relay: { ...relay, url: text, findings: [{ at: 0, text, gravity: "stop" }] },
    }),
  ),
);

const effects = [
  ...["list people", "list rooms", "load group", "load keys", "load relay", "rotate prekeys", "search"],
  ...["accept person", "block", "unblock", "verify", "key change", "accept key", "check"],
  ...["revoke device", "sign out", "log in"],
  ...["safety number", "create group", "join room", "invite", "remove", "role", "rename", "policy", "leave"],
];

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc
    .constantFrom(
      ...["enter", "esc", "up", "down", "pageup", "pagedown", "tab", "shift-tab", "space", "backspace"],
      ...["left", "right", "home", "end", "ctrl-u", "ctrl-w", "ctrl-y", "a", "d", "i", "ö", "#", '"'],
    )
    .map(keyEvent),
  fc.constantFrom(...commandNames).map((command): Event => ({ kind: "command", command })),
  anyText.map((text): Event => ({ kind: "paste", text })),
  fc.nat(40).map((index): Event => ({ kind: "click", target: { kind: "item", index } })),
  fc.integer({ min: -3, max: 3 }).map((lines): Event => ({ kind: "wheel", target: undefined, lines })),
  fc
    .record({ columns: fc.integer({ min: 1, max: 120 }), rows: fc.integer({ min: 1, max: 40 }) })
    .map((size): Event => ({ kind: "resize", ...size })),
  anyLoaded.map((loaded): Event => ({ kind: "loaded", loaded })),
  fc.tuple(fc.constantFrom(...effects), fc.option(anyText, { nil: undefined })).map(
    ([effect, conversation]): Event => ({
      kind: "loaded",
      loaded: { what: "done", effect, conversation, said: undefined },
    }),
  ),
  fc.constantFrom(...effects).map((effect): Event => ({ kind: "failed", effect, failure: unreachable })),
);

const start = fc
  .constantFrom(...Object.values(screens))
  .map(
    (screen): State => morning({ directory, requests: strangers, blocked: ["mallory"], screens: [screen] }),
  );

describe("any screen", () => {
  it("is drawn after any events, within the terminal, and Esc leads back", () => {
    fc.assert(
      fc.property(start, fc.array(anyEvent, { maxLength: 30 }), (first, events) => {
        let state = first;
        for (const event of events) {
          [state] = update(state, event);
          expectFits(state);
        }
        // A screen may have a step of its own to go back first.
        for (let presses = 0; presses < 20; presses++) [state] = update(state, keyEvent("esc"));
        expect(state).toMatchObject({ screens: [], pane: "composer" });
      }),
      { numRuns: 400 },
    );
  });

  it("does not change for an answer that nobody waits for", () => {
    for (const [name, screen] of Object.entries(screens)) {
      const state = morning({ directory, screens: [screen] });
      expect(done(state, "no such effect")[0].screens, name).toEqual([screen]);
    }
  });

  it("has every item that one can click on a line of its own", () => {
    for (const [name, screen] of Object.entries(screens)) {
      const state = morning({ columns: 96, rows: 60, directory, screens: [screen] });
      const items = frameOf(state).hits.flatMap(({ target }) =>
        target.kind === "item" ? [target.index] : [],
      );
      const places = [...new Set(items)];
      expect(places, name).toEqual(places.map((_, at) => at));
    }
  });
});

function expectFits(state: State): void {
  const { rows, cursor } = frameOf(state);
  expect(rows).toHaveLength(state.rows);
  for (const { spans } of rows) {
    const text = spans.map((span) => span.text).join("");
    expect(stringWidth(text)).toBeLessThanOrEqual(state.columns);
    expect(text).not.toMatch(/\p{Cc}/u);
  }
  if (cursor !== undefined) {
    expect(cursor.x).toBeLessThan(state.columns);
    expect(cursor.y).toBeLessThan(state.rows);
  }
}
