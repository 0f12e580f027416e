import fc from "fast-check";
import { safeBlock, safeText } from "../../client/safe-text.ts";
import type { Entry, EventEntry, MessageEntry, TranscriptPart } from "../../client/tui/model/data.ts";
import { initialState } from "../../client/tui/model/initial.ts";
import { openingOf, takePart } from "../../client/tui/model/open-conversation.ts";
import type { State } from "../../client/tui/model/state.ts";

/** A time of 20 November 2026, or of a day after it. */
export function at(hour: number, minute: number, days = 0): number {
  return new Date(2026, 10, 20 + days, hour, minute).getTime();
}

export function message(position: number, more: Partial<MessageEntry> = {}): MessageEntry {
  return {
    kind: "message",
    key: `k${position}`,
    id: `i${position}`,
    from: "bob",
    own: false,
    text: `message ${position}`,
    quote: undefined,
    edited: false,
    deleted: false,
    pinned: false,
    unread: false,
    mentionsMe: false,
    votes: { up: 0, down: 0, mine: undefined },
    reactions: [],
    expiresAt: undefined,
    sharedBy: undefined,
    sentAt: at(9, 0),
    state: "received",
    content: "text",
    trouble: undefined,
    remedy: undefined,
    receipts: undefined,
    position,
    ...more,
  };
}

export function event(position: number, text: string, more: Partial<EventEntry> = {}): EventEntry {
  return { kind: "event", key: `e${position}`, at: at(9, 0), text, gravity: "note", position, ...more };
}

export function messages(from: number, to: number, more: Partial<MessageEntry> = {}): MessageEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index, more));
}

export function part(entries: readonly Entry[], more: Partial<TranscriptPart> = {}): TranscriptPart {
  return {
    conversation: "#ops",
    entries,
    hasOlder: false,
    hasNewer: false,
    head: {
      name: "#ops",
      kind: "group",
      members: ["alice", "bob", "carol", "dave"],
      encryption: "end-to-end",
      canPost: true,
      verified: [],
      trust: undefined,
    },
    ...more,
  };
}

/** Alice, with nothing open. */
export function emptyState(columns = 96, rows = 24): State {
  return initialState({ columns, rows, now: at(10, 0), me: "alice", screens: [] });
}

/** Alice looks at #ops. */
export function stateWith(
  entries: readonly Entry[],
  { more = {}, state = emptyState() }: { more?: Partial<TranscriptPart>; state?: State } = {},
): State {
  const open = openingOf(state, "#ops");
  return takePart(
    { ...state, open },
    { what: "transcript", part: part(entries, more), around: undefined },
  )[0];
}

/** What people write, and what they write to break a screen; as effects make it safe. */
const bit = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "a",
      "word",
      " ",
      "  ",
      "\n",
      "ü",
      "—",
      "▲",
      "https://x.example/a?b=c).",
      "@alice",
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom("`code`", "\n```\nlet  x\n```\n", "`", "```") },
  {
    weight: 4,
    arbitrary: fc.constantFrom("漢", "字。", "ｱﾞ", "👨‍👩‍👧", "🇨🇭", "❤\ufe0f", "1\ufe0f\u20e3", "👍🏽"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("שלום", "مرحبا", "e\u0301", "\u0301".repeat(40), "न्दी", "\u200d", "\ufe0f"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("\u1100".repeat(30), "\u1100\u1161\u11a8", "\u{1f1e8}", "\u0e33", "\x1b[2J"),
  },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
);
export const anyBlock = fc.array(bit, { maxLength: 30 }).map((bits) => safeBlock(bits.join("")));
const anyName = fc.oneof(
  fc.constantFrom("alice", "bob", "carol"),
  fc.array(bit, { minLength: 1, maxLength: 4 }).map((bits) => safeText(bits.join(""))),
);
const anyTime = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: at(8, 0), max: at(9, 0, 2) }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER, Number.NaN, 8.64e15, -8.64e15) },
);
const anyCount = fc.integer({ min: 0, max: 300 });

const anyMessage = fc
  .record({
    from: anyName,
    own: fc.boolean(),
    text: anyBlock,
    quote: fc.option(
      fc.record({ key: fc.constantFrom(undefined, "k1", "k5", "k9999"), from: anyName, text: anyBlock }),
      { nil: undefined },
    ),
    edited: fc.boolean(),
    deleted: fc.boolean(),
    pinned: fc.boolean(),
    unread: fc.boolean(),
    mentionsMe: fc.boolean(),
    votes: fc.record({ up: anyCount, down: anyCount, mine: fc.constantFrom("up", "down", undefined) }),
    reactions: fc.array(
      fc.record({ emoji: anyName, by: fc.array(anyName, { maxLength: 3 }), mine: fc.boolean() }),
      { maxLength: 16 },
    ),
    expiresAt: fc.option(anyTime, { nil: undefined }),
    sharedBy: fc.option(anyName, { nil: undefined }),
    sentAt: anyTime,
    state: fc.constantFrom("queued", "sent", "delivered", "read", "failed", "received"),
    content: fc.constantFrom("text", "text", "unknown", "unreadable"),
    trouble: fc.option(anyName, { nil: undefined }),
    receipts: fc.option(
      fc.record({
        delivered: fc.array(anyName, { maxLength: 3 }),
        read: fc.array(anyName, { maxLength: 3 }),
        missing: fc.array(anyName, { maxLength: 3 }),
      }),
      { nil: undefined },
    ),
  } satisfies { [Field in keyof Partial<MessageEntry>]: unknown })
  .map((more) => (position: number) => message(position, more));
const anyEvent = fc.record({ text: anyBlock, gravity: fc.constantFrom("note", "alarm"), time: anyTime }).map(
  ({ text, gravity, time }) =>
    (position: number): Entry =>
      event(position, safeText(text), { gravity, at: time }),
);

/** An entry, once it is told its position. */
const anyMaker: fc.Arbitrary<(position: number) => Entry> = fc.oneof(
  { weight: 5, arbitrary: anyMessage },
  { weight: 1, arbitrary: anyEvent },
);
export const anyEntry = fc.tuple(anyMaker, fc.integer({ min: 1, max: 60 })).map(([make, at]) => make(at));
export const anyEntries = fc
  .array(anyMaker, { maxLength: 25 })
  .map((makers) => makers.map((make, index) => make(index + 1)));
