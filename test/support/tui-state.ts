import { emptyComposer } from "../../client/tui/model/composer.ts";
import type {
  ConversationHead,
  ConversationRow,
  MessageEntry,
  RequestRow,
} from "../../client/tui/model/data.ts";
import { initialState } from "../../client/tui/model/initial.ts";
import type { OpenConversation, State } from "../../client/tui/model/state.ts";

/** Friday 20 November 2026, 09:31 on this machine's clock. */
export const NOW = new Date(2026, 10, 20, 9, 31).getTime();
const MINUTE = 60_000;

export function row(name: string, more: Partial<ConversationRow> = {}): ConversationRow {
  return {
    name,
    kind: "dm",
    title: undefined,
    unread: 0,
    mentions: 0,
    queued: 0,
    standing: "member",
    invitedBy: undefined,
    notify: "all",
    isVerified: false,
    activity: 0,
    ...more,
  };
}

export function message(
  position: number,
  from: string,
  text: string,
  more: Partial<MessageEntry> = {},
): MessageEntry {
  return {
    kind: "message",
    key: `m${position}`,
    id: `m${position}`,
    from,
    own: from === "alice",
    text,
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
    sentAt: NOW - 30 * MINUTE + position * MINUTE,
    state: from === "alice" ? "read" : "received",
    content: "text",
    trouble: undefined,
    remedy: undefined,
    receipts: undefined,
    position,
    ...more,
  };
}

export function open(name: string, more: Partial<OpenConversation> = {}): OpenConversation {
  return {
    name,
    head: headOf(name),
    entries: [],
    hasOlder: false,
    hasNewer: false,
    isLoading: false,
    anchor: { kind: "end" },
    selected: undefined,
    newFrom: undefined,
    composer: emptyComposer,
    purpose: { kind: "message" },
    ...more,
  };
}

export function headOf(name: string, more: Partial<ConversationHead> = {}): ConversationHead {
  return {
    name,
    kind: "dm",
    members: ["alice", name],
    verified: [],
    encryption: "end-to-end, keys unchanged",
    canPost: true,
    trust: undefined,
    ...more,
  };
}

export const strangers: readonly RequestRow[] = [
  {
    name: "zoe",
    kind: "person",
    from: "zoe",
    text: "hi, are you the one who",
    messages: 2,
    at: NOW - 5 * MINUTE,
  },
  { name: "book-club", kind: "group", from: "yuri", text: "", messages: 0, at: NOW - 3_000 * MINUTE },
];

/** A stranger's request, looked at. */
export function request(more: Partial<State> = {}): State {
  return morning({
    requests: strangers,
    open: open("zoe", {
      head: headOf("zoe", { trust: { standing: "stranger", isChanged: false, isFormer: false } }),
      entries: [
        message(1, "zoe", "hello?", { unread: true }),
        message(2, "zoe", "hi, are you the one who fixed the build?", { unread: true }),
      ],
    }),
    ...more,
  });
}

export function stateOf(more: Partial<State> = {}): State {
  return initialState({ columns: 96, rows: 24, now: NOW, me: "alice", screens: [], ...more });
}

/** What a morning looks like. */
export function morning(more: Partial<State> = {}): State {
  const entries = [
    message(1, "bob", "Deploy is green.", { sentAt: NOW - 19 * MINUTE }),
    message(2, "carol", "Nice. Who turns the flag on?", {
      quote: { key: "m1", from: "bob", text: "Deploy is green." },
      votes: { up: 2, down: 0, mine: "up" },
      reactions: [{ emoji: "👍", by: ["bob"], mine: false }],
      sentAt: NOW - 18 * MINUTE,
    }),
    message(3, "dave", "I will, at ten. @alice keep an eye on the graphs?", {
      mentionsMe: true,
      unread: true,
      sentAt: NOW,
    }),
  ];
  return stateOf({
    connection: { state: "connected", why: undefined, queued: 0 },
    hasAllConversations: true,
    conversations: [
      row("oncall", { kind: "group", standing: "invited", invitedBy: "erin", activity: 9 }),
      row("bob", { unread: 2, activity: 8 }),
      row("ops", { kind: "group", title: "Operations", unread: 1, mentions: 1, activity: 7 }),
      row("carol", { isVerified: true, activity: 6 }),
      row("music", { kind: "room", unread: 14, activity: 5 }),
      row("random", { kind: "room", unread: 230, notify: "none", activity: 4 }),
      row("dave", { queued: 1, activity: 3 }),
      row("alice", { kind: "self", activity: 2 }),
      row("old-team", { kind: "group", standing: "removed", activity: 1 }),
    ],
    present: new Set(["bob", "dave"]),
    typing: new Map([["ops", ["erin"]]]),
    drafts: new Map([["carol", "about the flag"]]),
    open: open("ops", {
      entries,
      newFrom: "m3",
      head: headOf("ops", {
        kind: "group",
        members: ["alice", "bob", "carol", "dave", "erin"],
        verified: ["carol"],
      }),
    }),
    ...more,
  });
}
