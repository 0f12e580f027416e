import type { CommandName } from "./command.ts";
import type { ConversationRow } from "./data.ts";
import type { Effect } from "./effect.ts";
import { geometryOf } from "./geometry.ts";
import { said } from "./notices.ts";
import { notifying } from "./notify.ts";
import { openingOf } from "./open-conversation.ts";
import { invitation } from "./screens/confirm.ts";
import { allRequests } from "./screens/requests.ts";
import type { State } from "./state.ts";
import type { Updated } from "./updated.ts";

/** The first row of the list, as its cursor knows it, while strangers wait. No conversation is called so. */
export const REQUESTS = "?";

/** Rows above the conversations. */
export function rowsAbove({ requests }: State): 0 | 1 {
  return requests.length > 0 ? 1 : 0;
}

/** What stands in this row of the list. */
function nameAt(state: State, at: number): string | undefined {
  const above = rowsAbove(state);
  return at < above ? REQUESTS : state.conversations[at - above]?.name;
}

/** Opens a conversation; with `around`, at the entry of that key. */
export function goTo(state: State, name: string, around?: string): Updated {
  const here: State = { ...state, pane: "composer", listCursor: undefined, isEntering: false };
  const before = state.open;
  const effect: Effect = { kind: "open", conversation: name, ...(around === undefined ? {} : { around }) };
  if (before?.name === name) return around === undefined ? [here, []] : [here, [effect]];
  const drafts = draftsWith(state);
  const next: State = { ...here, drafts, last: before?.name ?? state.last };
  return [{ ...next, open: openingOf(next, name) }, [effect]];
}

/** The drafts, with what is being written now. An edit is no draft: what was there before it is. */
function draftsWith({ drafts, open }: State): State["drafts"] {
  if (open === undefined) return drafts;
  const text = open.purpose.kind === "edit" ? open.purpose.before : open.composer.text;
  if (text === (drafts.get(open.name) ?? "")) return drafts;
  const changed = new Map(drafts);
  if (text === "") changed.delete(open.name);
  else changed.set(open.name, text);
  return changed;
}

/** Goes to a conversation of the list; an invitation asks first. */
export function visit(state: State, name: string): Updated {
  if (name === REQUESTS) return [{ ...state, screens: [...state.screens, allRequests] }, []];
  const row = rowOf(state, name);
  if (row?.standing !== "invited") return goTo(state, name);
  return [{ ...state, screens: [...state.screens, invitation(name, row.invitedBy)] }, []];
}

export function rowOf(state: State, name: string): ConversationRow | undefined {
  return state.conversations.find((row) => row.name === name);
}

/** Whoever named this person first, then what is not muted; each group in the order of the list. */
export function nextUnread(state: State): Updated {
  const others = state.conversations.filter(({ name, standing }) => {
    return name !== state.open?.name && standing !== "invited";
  });
  const next =
    others.find(({ mentions, notify }) => mentions > 0 && notify !== "none") ??
    others.find(({ unread, notify }) => unread > 0 && notify === "all");
  return next === undefined ? [said(state, "Nothing else is unread."), []] : goTo(state, next.name);
}

export function nextConversation(state: State, by: 1 | -1): Updated {
  const names = state.conversations.filter(({ standing }) => standing !== "invited").map(({ name }) => name);
  const at = state.open === undefined ? -1 : names.indexOf(state.open.name);
  const from = at === -1 && by === -1 ? 0 : at;
  const name = names[(from + by + names.length) % names.length];
  return name === undefined ? [state, []] : goTo(state, name);
}

/** A command while the list has the keys. */
export function runList(state: State, command: CommandName): Updated {
  const page = Math.max(1, (geometryOf(state).list?.height ?? 1) - 1);
  switch (command) {
    case "up":
    case "select up":
      return [moved(state, -1), []];
    case "down":
    case "select down":
      return [moved(state, 1), []];
    case "page up":
      return [moved(state, -page), []];
    case "page down":
      return [moved(state, page), []];
    case "select first":
      return [moved(state, Number.NEGATIVE_INFINITY), []];
    case "select last":
      return [moved(state, Number.POSITIVE_INFINITY), []];
    case "choose": {
      const name = nameAt(state, listCursor(state));
      return name === undefined ? [state, []] : visit(state, name);
    }
    default:
      return [state, []];
  }
}

/** The row that the list is at: where its cursor is, or else the open conversation. */
export function listCursor(state: State): number {
  const { conversations, listCursor: name, open } = state;
  const above = rowsAbove(state);
  const find = (wanted: string | undefined) => conversations.findIndex((row) => row.name === wanted);
  if (name === REQUESTS && above > 0) return 0;
  const at = find(name);
  const here = at === -1 ? find(open?.name) : at;
  return here === -1 ? 0 : here + above;
}

/** The list moves and what is open stays: its cursor is in the middle of what is shown. */
export function scrollList(state: State, lines: number): State {
  const count = state.conversations.length + rowsAbove(state);
  const height = geometryOf(state).list?.height ?? 0;
  // One row says how many more there are.
  const room = height > 2 ? height - 1 : height;
  if (count <= height || room < 1) return state;
  const middle = Math.floor(room / 2);
  const inside = (start: number) => Math.max(0, Math.min(count - room, start));
  const name = nameAt(state, inside(inside(listCursor(state) - middle) + lines) + middle);
  return { ...state, listCursor: name };
}

function moved(state: State, by: number): State {
  const last = state.conversations.length + rowsAbove(state) - 1;
  const name = nameAt(state, Math.max(0, Math.min(last, listCursor(state) + by)));
  return { ...state, listCursor: name };
}

/** How much of this conversation is told: the next level, round and round. */
export function mute(state: State): Updated {
  const row = rowOf(
    state,
    (state.pane === "conversations" ? nameAt(state, listCursor(state)) : state.open?.name) ?? "",
  );
  if (row === undefined) return [state, []];
  const notify = ({ all: "mentions", mentions: "none", none: "all" } as const)[row.notify];
  return [state, [{ kind: "mute", conversation: row.name, notify }]];
}

/** Rows that are new or changed; `isWhole`: these are all. */
export function takeConversations(state: State, rows: readonly ConversationRow[], isWhole: boolean): Updated {
  const news = new Set(rows.map(({ name }) => name));
  const kept = isWhole ? [] : state.conversations.filter(({ name }) => !news.has(name));
  const conversations = [...kept, ...rows].sort(byActivity);
  const next: State = {
    ...state,
    conversations,
    hasAllConversations: state.hasAllConversations || isWhole,
  };
  const first = conversations.find(({ standing }) => standing !== "invited");
  const told = notifying(state, rows);
  // At the start, and when the first message of all comes.
  if (state.open !== undefined || state.conversations.length > 0 || first === undefined) return [next, told];
  const [opened, effects] = goTo(next, first.name);
  return [{ ...opened, pane: state.pane }, [...told, ...effects]];
}

/** Invitations wait for an answer at the top; the rest as it was last active. */
function byActivity(one: ConversationRow, other: ConversationRow): number {
  const waiting = Number(other.standing === "invited") - Number(one.standing === "invited");
  return waiting || other.activity - one.activity || (one.name < other.name ? -1 : 1);
}
