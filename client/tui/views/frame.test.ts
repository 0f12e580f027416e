import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import {
  headOf,
  message,
  morning,
  NOW,
  open,
  request,
  row,
  stateOf,
  strangers,
} from "../../../test/support/tui-state.ts";
import { composerWith } from "../model/composer.ts";
import { REQUESTS } from "../model/conversation-list.ts";
import { geometryOf, isWide } from "../model/geometry.ts";
import type { Line } from "../model/line.ts";
import { asking, invitation } from "../model/screens/confirm.ts";
import { emptyPalette } from "../model/screens/palette.ts";
import type { Screen } from "../model/screens/screen.ts";
import { firstStep } from "../model/screens/wizard-screen.ts";
import type { State } from "../model/state.ts";
import { update } from "../model/update.ts";
import { type Frame, frameOf, targetAt } from "./frame.ts";

const MINUTE = 60_000;
const sizes = [
  [60, 16],
  [80, 24],
  [96, 30],
  [250, 70],
] as const;

describe("frameOf", () => {
  const palette: Screen = { ...emptyPalette, query: composerWith("mu") };
  const screens: Readonly<Record<string, (size: Pick<State, "columns" | "rows">) => State>> = {
    morning: (size) =>
      morning({ ...size, open: { ...opened(), composer: composerWith("on it, give me five") } }),
    list: (size) => morning({ ...size, pane: "conversations", listCursor: "music" }),
    offline: (size) =>
      morning({
        ...size,
        connection: { state: "offline", why: "the relay does not answer", queued: 2 },
        notices: [
          { text: "Pinned.", hint: undefined, gravity: "note", at: NOW },
          {
            text: "The key of bob has changed.",
            hint: "Compare the safety number.",
            gravity: "alarm",
            at: NOW,
          },
        ],
      }),
    empty: (size) => stateOf({ ...size, hasAllConversations: true, connection: morning().connection }),
    request: (size) => request({ ...size }),
    "requests in the list": (size) =>
      morning({ ...size, requests: strangers, pane: "conversations", listCursor: REQUESTS }),
    blocked: (size) =>
      morning({
        ...size,
        open: open("bob", {
          head: headOf("bob", { trust: { standing: "blocked", isChanged: false, isFormer: false } }),
        }),
      }),
    "new key": (size) =>
      morning({
        ...size,
        open: open("bob", {
          entries: [
            message(1, "bob", "see you at ten"),
            {
              kind: "event",
              key: "finding/1",
              at: NOW - MINUTE,
              text: "The name bob belongs to other keys than before",
              gravity: "alarm",
              position: 2,
            },
          ],
          head: headOf("bob", { trust: { standing: "accepted", isChanged: true, isFormer: false } }),
        }),
      }),
    unreadable: (size) =>
      morning({
        ...size,
        pane: "transcript",
        open: open("bob", {
          selected: "m2",
          entries: [
            message(1, "bob", "see you at ten"),
            message(2, "bob", "This message cannot be read: the keys for it are gone.", {
              content: "unreadable",
              trouble: "the keys for it are gone",
              remedy: "Ask bob to send it again. A fresh session has been asked for already.",
            }),
          ],
          head: headOf("bob", {
            verified: ["bob"],
            trust: { standing: "accepted", isChanged: false, isFormer: false },
          }),
        }),
      }),
    "signed out": (size) =>
      morning({
        ...size,
        connection: {
          state: "signed out",
          why: "This device was signed out of alice on 2026-11-20.",
          queued: 0,
        },
      }),
    palette: (size) => morning({ ...size, screens: [palette] }),
    help: (size) => morning({ ...size, screens: [{ kind: "help", above: 0 }] }),
    "first run": (size) => {
      const screens = [firstStep({ relay: undefined, isLocked: false })];
      return stateOf({
        ...size,
        me: "",
        screens,
        connection: { state: "starting", why: undefined, queued: 0 },
      });
    },
    settings: (size) => morning({ ...size, screens: [{ kind: "settings", chosen: 1 }] }),
    invitation: (size) => morning({ ...size, screens: [invitation("oncall", "erin")] }),
  };
  for (const [name, stateAt] of Object.entries(screens)) {
    for (const [columns, rows] of sizes) {
      it(`shows ${name} at ${columns}x${rows} as kept`, async () => {
        const state = stateAt({ columns, rows });
        await expect(shown(state)).toMatchFileSnapshot(`golden/${name}-${columns}x${rows}.txt`);
      });
    }
  }

  it("fills any terminal exactly, whatever the state is", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { rows, cursor, hits } = frameOf(state);
        expect(rows).toHaveLength(state.rows);
        for (const line of rows) {
          expect(stringWidth(textOf(line))).toBeLessThanOrEqual(state.columns);
          expect(textOf(line)).not.toMatch(/\p{Cc}/u);
        }
        if (cursor !== undefined) expectWithin(state, { ...cursor, width: 1, height: 1 });
        for (const hit of hits) expectWithin(state, hit);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps a blank column between the list and the conversation", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { list, main } = geometryOf(state);
        fc.pre(isWide(state) && list !== undefined && state.me !== "");
        for (const line of frameOf(state).rows.slice(main.y, main.y + main.height)) {
          const graphemes = [...new Intl.Segmenter().segment(textOf(line).padEnd(main.x))];
          let at = 0;
          for (const { segment } of graphemes) {
            if (at === main.x - 1) expect(segment).toBe(" ");
            if (at < main.x) expect(at + stringWidth(segment)).toBeLessThanOrEqual(main.x);
            at += stringWidth(segment);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("lays no click on what another thing shows", () => {
    const frame = frameOf(morning());
    const y = rowOf(frame, "#music");
    expect(targetAt(frame, 5, y)).toEqual({ kind: "conversation", name: "music" });
    expect(targetAt(frame, 22, y)).not.toEqual({ kind: "conversation", name: "music" });
  });

  it("has the cursor of a screen where one writes on it", () => {
    const state = morning({ screens: [palette] });
    expect(frameOf(state).cursor).toEqual({ x: geometryOf(state).main.x + 5, y: 1 });
  });

  it("hides the cursor where no text is written", () => {
    expect(frameOf(morning({ screens: [{ kind: "help", above: 0 }] })).cursor).toBeUndefined();
    expect(frameOf(morning({ pane: "transcript" })).cursor).toBeUndefined();
  });
});

describe("frames after any events", () => {
  it("are never too large, and Esc always leads back to the conversation", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        let state: State = morning();
        for (const event of events) {
          [state] = update(state, event);
          expect(frameOf(state).rows).toHaveLength(state.rows);
        }
        for (let presses = 0; presses < 12; presses++)
          [state] = update(state, { kind: "key", key: "esc", text: "" });
        expect(state.screens).toEqual([]);
        expect(state.pane).toBe("composer");
      }),
      { numRuns: 100 },
    );
  });
});

function opened() {
  return morning().open ?? open("ops");
}

function textOf({ spans }: Line): string {
  return spans.map(({ text }) => text).join("");
}

/** The screen as text, with its size and cursor, for people to review. */
function shown(state: State): string {
  const { rows, cursor } = frameOf(state);
  const place = cursor === undefined ? "no cursor" : `cursor at column ${cursor.x + 1}, row ${cursor.y + 1}`;
  const lines = rows.map((line) => textOf(line).trimEnd());
  return `${[`${state.columns}x${state.rows}, ${place}`, ...lines].join("\n")}\n`;
}

function rowOf(frame: Frame, text: string): number {
  return frame.rows.findIndex((line) => textOf(line).includes(text));
}

function expectWithin(
  { columns, rows }: State,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): void {
  expect(x).toBeGreaterThanOrEqual(0);
  expect(y).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(columns);
  expect(y + height).toBeLessThanOrEqual(rows);
}

// What others may write: wide, combining, right to left, with escapes and pictures.
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom(
    "",
    "日本語の会話",
    "👩‍👩‍👧‍👦 family",
    "\u001b[31mred",
    "שלום עולם",
    "e\u0301".repeat(30),
    "a\tb\nc",
  ),
);
const anyName = fc.oneof(fc.constantFrom("bob", "ops", "a-name-of-thirty-two-characters"), anyText);

const anyRow = fc
  .record({
    name: anyName,
    kind: fc.constantFrom("self", "dm", "group", "room"),
    title: fc.option(anyText, { nil: undefined }),
    unread: fc.nat(100_000),
    mentions: fc.nat(3),
    queued: fc.nat(2),
    standing: fc.constantFrom("member", "invited", "left", "removed"),
    invitedBy: fc.option(anyName, { nil: undefined }),
    notify: fc.constantFrom("all", "mentions", "none"),
  } as const)
  .map((known) => row(known.name, known));

const anyEntry = fc
  .record({ from: anyName, text: anyText, position: fc.nat(1_000), own: fc.boolean(), edited: fc.boolean() })
  .map(({ position, from, text, ...more }) => message(position, from, text, more));

const anyOpen = fc
  .record({
    name: anyName,
    entries: fc.array(anyEntry, { maxLength: 12 }),
    text: anyText,
    members: fc.array(anyName),
    trust: fc.option(
      fc.record({
        standing: fc.constantFrom("stranger", "accepted", "blocked"),
        isChanged: fc.boolean(),
        isFormer: fc.boolean(),
      } as const),
      { nil: undefined },
    ),
  })
  .map(({ name, entries, text, members, trust }) => {
    const kind = trust === undefined ? "group" : "dm";
    const head = headOf(name, { kind, members, verified: members.slice(1), trust });
    return open(name, { entries, composer: composerWith(text), head });
  });

const anyRequest = fc.record({
  name: anyName,
  kind: fc.constantFrom("person", "group"),
  from: anyName,
  text: anyText,
  messages: fc.nat(3),
  at: fc.double(),
} as const);

const anyScreen: fc.Arbitrary<Screen> = fc.oneof(
  anyText.map((text): Screen => ({ ...emptyPalette, query: composerWith(text) })),
  fc.nat(200).map((above): Screen => ({ kind: "help", above })),
  fc.nat(9).map((chosen): Screen => ({ kind: "settings", chosen })),
  fc.tuple(anyText, anyText).map(([question, detail]): Screen => asking(question, detail, "Delete", [])),
);

const anyState: fc.Arbitrary<State> = fc
  .record({
    columns: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 260 })),
    rows: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 80 })),
    me: fc.constantFrom("", "alice"),
    conversations: fc.array(anyRow, { maxLength: 30 }),
    hasAllConversations: fc.boolean(),
    requests: fc.array(anyRequest, { maxLength: 3 }),
    blocked: fc.array(anyName, { maxLength: 2 }),
    open: fc.option(anyOpen, { nil: undefined }),
    pane: fc.constantFrom("conversations", "transcript", "composer"),
    listCursor: fc.option(anyName, { nil: undefined }),
    present: fc.array(anyName).map((names) => new Set(names)),
    typing: fc.array(anyName).map((names) => new Map([["ops", names]])),
    screens: fc.oneof(fc.constant([]), fc.array(anyScreen, { maxLength: 2 })),
    notices: fc.array(
      fc.record({
        text: anyText,
        hint: fc.option(anyText, { nil: undefined }),
        gravity: fc.constantFrom("note", "error", "alarm"),
        at: fc.constant(NOW),
      } as const),
      { maxLength: 3 },
    ),
    connection: fc.record({
      state: fc.constantFrom(
        "starting",
        "connecting",
        "connected",
        "offline",
        "elsewhere",
        "refused",
        "signed out",
        "login lost",
      ),
      why: fc.option(anyText, { nil: undefined }),
      queued: fc.nat(5),
    } as const),
  } as const)
  .map(stateOf);

const anyEvent = fc.oneof(
  fc
    .constantFrom(
      ...[
        "a",
        "j",
        "k",
        "?",
        "/",
        ":",
        "r",
        "enter",
        "esc",
        "tab",
        "shift-tab",
        "up",
        "down",
        "pageup",
        "pagedown",
      ],
      ...[
        "f1",
        "ctrl-p",
        "alt-a",
        "alt-s",
        "alt-down",
        "alt-up",
        "alt-comma",
        "alt-p",
        "space",
        "backspace",
        "ctrl-w",
      ],
    )
    .map((key) => ({ kind: "key", key, text: key.length === 1 ? key : "" }) as const),
  fc.record({
    kind: fc.constant("resize" as const),
    columns: fc.integer({ min: 1, max: 200 }),
    rows: fc.integer({ min: 1, max: 60 }),
  }),
  anyText.map((text) => ({ kind: "paste", text }) as const),
  fc
    .array(anyRow, { maxLength: 5 })
    .map((rows) => ({ kind: "chat", data: { what: "conversations", rows, isWhole: false } }) as const),
);

describe("a click", () => {
  const clicked = (state: State, text: string) => {
    const frame = frameOf(state);
    const y = frame.rows.findIndex((row) => textOf(row).includes(text));
    const x = stringWidth(textOf(frame.rows[y] ?? { spans: [] }).split(text)[0] ?? "");
    return [targetAt(frame, x, y), targetAt(frame, x + text.length - 1, y), targetAt(frame, x - 1, y)];
  };

  it("on a key that is shown does what the key does, and beside it nothing", () => {
    const palette = { kind: "command", command: "palette" };
    expect(clicked(morning({ columns: 96, rows: 30 }), "Ctrl-P go")).toEqual([palette, palette, undefined]);
    const help = { kind: "command", command: "help" };
    expect(clicked(morning({ columns: 60, rows: 16 }), "F1 help")).toEqual([help, help, undefined]);
    const next = { kind: "command", command: "next unread" };
    expect(clicked(morning({ columns: 96, rows: 30 }), "Alt-a next unread")).toEqual([next, next, undefined]);
  });
});

describe("the header", () => {
  it("names whose details are shown", () => {
    const about = { kind: "group", group: { kind: "loading" } } as const;
    const details = (name: string, of: Extract<Screen, { kind: "details" }>["about"]): Screen => {
      return { kind: "details", name, about: of, chosen: 0, renaming: undefined, failure: undefined };
    };
    const header = (screen: Screen) => frameOf(morning({ columns: 96, rows: 30, screens: [screen] })).rows[0];
    const words = (line: Line | undefined) => line?.spans.map(({ text }) => text).join("");
    expect(words(header(details("ops", about)))).toContain("Details of #ops");
    const person = { kind: "person", number: { kind: "loading" } } as const;
    expect(words(header(details("bob", person)))).toContain("Details of bob");
  });
});

describe("the wheel over the list", () => {
  it("moves the list by as many rows, and leaves open what is open", () => {
    const conversations = Array.from({ length: 60 }, (_, at) => row(`person${at + 10}`, { activity: -at }));
    const state = stateOf({ columns: 96, rows: 16, conversations, open: open("person10") });
    const listed = (shown: State) =>
      frameOf(shown).rows.flatMap(
        ({ spans }) => /person\d+/.exec(spans.map(({ text }) => text).join(""))?.[0] ?? [],
      );
    const wheel = (before: State, lines: number) =>
      update(before, { kind: "wheel", target: { kind: "conversation", name: "person10" }, lines })[0];
    expect(listed(state)[1]).toBe("person10");
    const down = wheel(state, 3);
    expect(listed(down)[1]).toBe("person13");
    expect(down.open?.name).toBe("person10");
    expect(down.pane).toBe(state.pane);
    expect(listed(wheel(down, -3))).toEqual(listed(state));
    expect(listed(wheel(wheel(state, 1_000), -3)).length).toBeGreaterThan(5);
  });
});
