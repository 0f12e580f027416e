import { type SafeText, safeText } from "../../safe-text.ts";
import { barrierOf, barrierText } from "../model/barrier.ts";
import { listCursor, rowOf, rowsAbove } from "../model/conversation-list.ts";
import type { ConversationRow, Entry, MessageEntry } from "../model/data.ts";
import { cut, wrap } from "../model/layout/text.ts";
import { clock } from "../model/layout/times.ts";
import { noticeRows } from "../model/notices.ts";
import type { OpenConversation, State } from "../model/state.ts";
import { emptyLines } from "./empty.ts";
import type { Frame } from "./frame.ts";
import { screenTitle } from "./header.ts";
import { barrierHints, hintsOf, waysOf } from "./hints.ts";
import { screenLines } from "./screens/index.ts";
import { connectionText } from "./status.ts";
import { counted, titleOf, typingText } from "./words.ts";

/** Besides the messages: title, notices, what is being written, status and keys. */
const OTHER_LINES = 8;
/** Lines are read, not seen: what a screen has beside one another only where there is room goes below. */
const WIDTH = 80;

/**
 * The screen for somebody who has it read out: one thing a line, from the top down, in words instead of marks, and
 * nothing beside anything else. What changes with every key is near the end.
 */
export function readerFrameOf(state: State): Frame {
  const lines = [...bodyOf(state), ...noticesOf(state), statusOf(state), keysOf(state)];
  const said = lastThatFit(lines.filter((line) => line !== "").map(safeText), state);
  return { rows: said.map((text) => ({ spans: [{ text, style: "plain" }] })), cursor: undefined, hits: [] };
}

/** Ink breaks lines that are too long, and cannot take back what has left the screen. */
function lastThatFit(lines: readonly SafeText[], { columns, rows }: State): readonly SafeText[] {
  let used = 0;
  let from = lines.length;
  for (const [at, line] of [...lines.entries()].reverse()) {
    used += wrap(line, columns).length;
    if (used >= rows) break;
    from = at;
  }
  return from < lines.length ? lines.slice(from) : lines.slice(-1).map((line) => cut(line, columns * rows));
}

function bodyOf(state: State): readonly string[] {
  const top = state.screens.at(-1);
  const height = Math.max(1, state.rows - OTHER_LINES);
  if (top !== undefined) {
    const lines = screenLines(top, state, WIDTH, height).map(({ spans }) => inWords(spans));
    return [`${screenTitle(top)}.`, ...lines];
  }
  if (state.pane === "conversations") return listOf(state);
  const { open } = state;
  if (open === undefined) return emptyLines(state, WIDTH, height).map(({ spans }) => inWords(spans));
  const kind = open.head?.kind ?? rowOf(state, open.name)?.kind ?? "dm";
  const members =
    open.head === undefined || kind === "dm" ? "" : `, ${counted(open.head.members.length, "member")}`;
  return [
    `Conversation ${titleOf({ name: open.name, kind })}${members}.`,
    ...messagesOf(state, height),
    sentence(typingText(state.typing.get(open.name) ?? [])),
    ...(state.pane === "composer" ? written(state, open) : []),
  ];
}

/** What is being written, or why nothing can be. */
function written(state: State, open: OpenConversation): readonly string[] {
  const barrier = barrierOf(state);
  if (barrier === undefined) return [`${purposeOf(state)} ${open.composer.text}`];
  const keys = barrierHints(state, barrier).map(({ label }) => label);
  return [barrierText(barrier, open.name), ...(keys.length === 0 ? [] : [`Keys: ${keys.join(", ")}.`])];
}

/** The bar before what is chosen as a word, and no drawings: a rule, a code to scan. */
function inWords(spans: readonly { readonly text: string }[]): string {
  const text = spans.map((part) => part.text).join("");
  const chosen = /^\s*▌/.test(text) ? "Chosen: " : "";
  return (
    chosen +
    text
      .replace(/^\s*[▌▏›]/, "")
      .replace(/[\s─█▀▄]+/g, " ")
      .trim()
  );
}

function listOf(state: State): readonly string[] {
  const above = rowsAbove(state);
  const at = listCursor(state);
  if (at < above) return [`Conversations: ${counted(state.requests.length, "request")} of strangers.`];
  const row = state.conversations[at - above];
  if (row === undefined) return ["Conversations: none yet."];
  return [`Conversations, ${at - above + 1} of ${state.conversations.length}: ${rowInWords(state, row)}.`];
}

function rowInWords({ present }: State, row: ConversationRow): string {
  const { name, kind, standing, unread, mentions, queued, notify } = row;
  return [
    titleOf(row),
    row.isVerified ? "verified" : "",
    kind === "dm" && present.has(name) ? "here" : "",
    standing === "invited" ? "you are invited" : standing === "member" ? "" : `you were ${standing}`,
    unread > 0 ? `${unread} unread` : "",
    mentions > 0 ? counted(mentions, "mention") : "",
    queued > 0 ? `${queued} waiting to be sent` : "",
    notify === "none" ? "muted" : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** The chosen message and those before it, or the newest. */
function messagesOf({ open }: State, height: number): readonly string[] {
  if (open === undefined) return [];
  const { entries, selected, newFrom } = open;
  const chosen = entries.findIndex(({ key }) => key === selected);
  const end = chosen === -1 ? entries.length : chosen + 1;
  return entries.slice(Math.max(0, end - height), end).map((entry) => {
    const news = entry.key === newFrom ? "New from here: " : "";
    return `${news}${entry.key === selected ? "Chosen: " : ""}${entryInWords(entry)}`;
  });
}

function entryInWords(entry: Entry): string {
  if (entry.kind === "event") return `${clock(entry.at)} ${sentence(entry.text)}`;
  const { from, own, text, quote, sentAt, deleted } = entry;
  const answering = quote === undefined ? "" : `, answering ${quote.from}`;
  const said = deleted ? "deleted this message" : text.replaceAll("\n", " ");
  return [`${clock(sentAt)} ${own ? "You" : from}${answering}: ${said}`, ...factsOf(entry)]
    .map(sentence)
    .join(" ");
}

function factsOf({
  edited,
  pinned,
  votes,
  reactions,
  state,
  mentionsMe,
  trouble,
}: MessageEntry): readonly string[] {
  const facts = [
    edited ? "Edited" : "",
    pinned ? "Pinned" : "",
    mentionsMe ? "Names you" : "",
    votes.up + votes.down === 0 ? "" : `${votes.up} up, ${votes.down} down`,
    ...reactions.map(({ emoji, by }) => `${emoji} from ${by.join(", ")}`),
    state === "received" ? "" : state.charAt(0).toUpperCase() + state.slice(1),
    trouble ?? "",
  ];
  return facts.filter((fact) => fact !== "");
}

function purposeOf({ open }: State): string {
  switch (open?.purpose.kind) {
    case "reply":
      return `Your answer to ${open.purpose.from}:`;
    case "edit":
      return "Your message, edited:";
    default:
      return "Your message:";
  }
}

function noticesOf(state: State): readonly string[] {
  return noticeRows(state, Number.POSITIVE_INFINITY).map(({ text, gravity }) =>
    gravity === "alarm" ? `Warning: ${text}` : text,
  );
}

function statusOf(state: State): string {
  const { connection, conversations, open } = state;
  const others = conversations.filter(
    ({ name, unread, notify }) => name !== open?.name && unread > 0 && notify !== "none",
  );
  const unread = others.reduce((sum, row) => sum + row.unread, 0);
  const encryption = state.screens.length > 0 ? "" : (open?.head?.encryption ?? "");
  const parts = [
    connectionText(connection),
    connection.queued > 0 ? `${connection.queued} queued` : "",
    encryption,
    unread > 0 ? `${unread} unread in ${counted(others.length, "other conversation")}` : "",
  ];
  return sentence(`Status: ${parts.filter((part) => part !== "").join(", ")}`);
}

function keysOf(state: State): string {
  const labels = [...hintsOf(state), ...waysOf(state)].map(({ label }) => label);
  return labels.length === 0 ? "" : `Keys: ${labels.join(", ")}.`;
}

function sentence(text: string): string {
  return text === "" || /[.!?…]$/.test(text) ? text : `${text}.`;
}
