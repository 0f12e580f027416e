import { listCursor, REQUESTS, rowsAbove } from "../model/conversation-list.ts";
import type { ConversationRow } from "../model/data.ts";
import { span } from "../model/layout/spans.ts";
import type { Line, Span, Style } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { apart, line, shorten, windowStart } from "./parts.ts";
import { counted, numeral, titleOf, VERIFIED } from "./words.ts";

/** The list of conversations: only rows that are on the screen are made. */
export function conversationLines(state: State, width: number, height: number): readonly Line[] {
  const { conversations } = state;
  if (height < 1) return [];
  const above = rowsAbove(state);
  const count = conversations.length + above;
  if (count === 0) return [line(state.hasAllConversations ? "   nobody yet" : "   …", "dim")];
  const isCut = count > height && height > 2;
  const room = isCut ? height - 1 : height;
  const start = windowStart(listCursor(state), count, room);
  const rows = conversations.slice(Math.max(0, start - above), start + room - above);
  const shown = [
    ...(above > 0 && start === 0 ? [requestsLine(state, width)] : []),
    ...rows.map((row) => rowLine(state, row, width)),
  ];
  const hidden = counted(count - room, "more", "more");
  return isCut ? [...shown, { spans: shorten([span(`   … ${hidden}`, "dim")], width) }] : shown;
}

/** Apart from the conversations, and quieter than what is unread. */
function requestsLine(state: State, width: number): Line {
  const isAt = state.pane === "conversations" && state.screens.length === 0 && listCursor(state) === 0;
  const mark = [span(" "), isAt ? span("▌", "accent") : span(" "), span(" ")];
  const count = [span(short(state.requests.length), "accent"), span(" ")];
  const title = span("Requests", isAt ? "chosen" : "dim");
  const spans = apart([...mark, title], count, width);
  return { spans, target: { kind: "conversation", name: REQUESTS } };
}

function rowLine(state: State, row: ConversationRow, width: number): Line {
  const style = nameStyle(state, row);
  const mark = row.isVerified ? [span(" "), span(VERIFIED, "good")] : [];
  const left = [...markOf(state, row), presenceOf(state, row), span(titleOf(row), style), ...mark];
  const right = countsOf(state, row);
  const spans = apart(left, right.length === 0 ? [] : [...right, span(" ")], width);
  return { spans, target: { kind: "conversation", name: row.name } };
}

/** The bar is where the keys act, and thin where they acted before. */
function markOf(
  { pane, listCursor: cursor, open, screens }: State,
  { name }: ConversationRow,
): readonly Span[] {
  const isInList = pane === "conversations" && screens.length === 0;
  const at = isInList ? (cursor ?? open?.name) : open?.name;
  if (name === at) return [span(" "), span("▌", "accent")];
  return [span(" "), isInList && name === open?.name ? span("▏", "accent") : span(" ")];
}

function presenceOf({ present, me }: State, { name, kind }: ConversationRow): Span {
  return kind === "dm" && name !== me && present.has(name) ? span("●", "good") : span(" ");
}

function nameStyle({ open }: State, { name, unread, mentions, standing, notify }: ConversationRow): Style {
  if (standing !== "member") return "dim";
  if (name === open?.name) return "chosen";
  return mentions > 0 || (unread > 0 && notify === "all") ? "strong" : notify === "none" ? "dim" : "plain";
}

/** From the most important: what is asked of one, who names one, how much is new, what waits to be sent. */
function countsOf({ drafts, open }: State, row: ConversationRow): readonly Span[] {
  const { standing, mentions, unread, queued, notify, name } = row;
  if (standing === "invited") return [span("invited", "warn")];
  const parts: Span[] = [];
  if (queued > 0) parts.push(span(`↑${numeral(queued)}`, "warn"));
  if (name !== open?.name && (drafts.get(name) ?? "") !== "") parts.push(span("draft", "dim"));
  if (mentions > 0) parts.push(span(`@${short(mentions)}`, "accent"));
  else if (unread > 0) parts.push(notify === "all" ? span(short(unread)) : span(`(${short(unread)})`, "dim"));
  else if (standing !== "member") parts.push(span(standing, "dim"));
  return parts.flatMap((part, at) => (at === 0 ? [part] : [span(" "), part]));
}

function short(count: number): string {
  return count > 999 ? "999+" : String(count);
}

/** What is unread elsewhere, for where the list is not seen. */
export function unreadElsewhere({ conversations, open, requests }: State): readonly Span[] {
  const others = conversations.filter(({ name, notify }) => name !== open?.name && notify !== "none");
  const mentions = others.reduce((sum, row) => sum + row.mentions, 0);
  const unread = others.reduce((sum, row) => sum + (row.notify === "all" ? row.unread : row.mentions), 0);
  const parts = [
    ...(mentions === 0 ? [] : [span(`@${short(mentions)}`, "accent")]),
    ...(unread === 0 ? [] : [span(`${short(unread)} unread`, "dim")]),
    ...(requests.length === 0 ? [] : [span(counted(requests.length, "request"), "dim")]),
  ];
  return parts.flatMap((part, at) => (at === 0 ? [part] : [span(" "), part]));
}
