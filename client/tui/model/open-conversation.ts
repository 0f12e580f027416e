import type { CommandName } from "./command.ts";
import { composerWith } from "./composer.ts";
import type { ChatData, Entry, Loaded, MessageEntry } from "./data.ts";
import type { Effect } from "./effect.ts";
import { atEnd, scrolled, settled, showing } from "./layout/window.ts";
import { bounded, merged } from "./merge-entries.ts";
import { runOnMessage } from "./message-commands.ts";
import { said } from "./notices.ts";
import type { OpenConversation, State } from "./state.ts";
import { isUnread, sheetFor, transcriptSize, viewOf } from "./transcript-view.ts";
import type { Updated } from "./updated.ts";

/** The conversation as it stands just after it was chosen, before its entries are there. */
export function openingOf(state: State, name: string): State["open"] {
  return {
    name,
    head: undefined,
    entries: [],
    hasOlder: false,
    hasNewer: false,
    isLoading: true,
    anchor: atEnd,
    selected: undefined,
    newFrom: undefined,
    composer: composerWith(state.drafts.get(name) ?? "", state.open?.composer),
    purpose: { kind: "message" },
  };
}

export function takePart(
  state: State,
  { what, part, ...loaded }: Extract<Loaded, { what: "transcript" | "older" | "newer" }>,
): Updated {
  const { open } = state;
  if (open === undefined || open.name !== part.conversation) return [state, []];
  if (what === "transcript") {
    return opened(state, open, part, "around" in loaded ? loaded.around : undefined);
  }

  // What comes below the last line that was here does not draw the window down.
  const anchor = what === "newer" ? topOf(state, open) : open.anchor;
  const idle = { ...open, head: part.head, isLoading: false, anchor };
  const edge = what === "older" ? open.entries[0] : open.entries.at(-1);
  // The answer to a question that was about another part.
  const fits = ({ position }: Entry) =>
    edge === undefined || (what === "older" ? position < edge.position : position > edge.position);
  const fresh = part.entries.filter(fits);
  const stretch = {
    entries: merged({ entries: open.entries, hasOlder: false, hasNewer: false }, fresh),
    hasOlder: what === "older" ? part.hasOlder : open.hasOlder,
    hasNewer: what === "newer" ? part.hasNewer : open.hasNewer,
  };
  const newFrom = what === "older" && edge?.key === open.newFrom ? fresh.find(isUnread)?.key : undefined;
  const next = {
    ...idle,
    ...bounded(stretch, readAt(open, stretch.entries)),
    newFrom: newFrom ?? open.newFrom,
  };
  const after = keepingChosen(anchored({ ...state, open: next }, next.anchor));
  return fresh.length === 0 ? [after, []] : reaching(after);
}

function topOf(state: State, open: OpenConversation): OpenConversation["anchor"] {
  const [first] = viewOf(state, open, transcriptSize(state)).rows;
  const key = first && open.entries[first.index]?.key;
  return first === undefined || key === undefined ? atEnd : { kind: "top", key, above: first.number };
}

/** Entries of a conversation that was just chosen, or of another place in it. */
function opened(
  state: State,
  open: OpenConversation,
  part: Extract<Loaded, { what: "transcript" }>["part"],
  around: string | undefined,
): Updated {
  const { head, hasOlder, hasNewer } = part;
  const entries = merged({ entries: [], hasOlder: false, hasNewer: false }, part.entries);
  const isFirst = open.entries.length === 0;
  const newFrom = isFirst ? entries.find(isUnread)?.key : open.newFrom;
  const fresh: OpenConversation = {
    ...open,
    head,
    entries,
    hasOlder,
    hasNewer,
    newFrom,
    isLoading: false,
    anchor: atEnd,
    selected: undefined,
  };
  const there = around === undefined ? undefined : entries.find((entry) => entry.key === around);
  if (there !== undefined) {
    const shown = showKey({ ...state, open: fresh }, there.key, "middle");
    return reaching(select({ ...shown, pane: "transcript" }, there.key));
  }
  // What is new is read from its beginning, with a little of what was before it.
  const anchor =
    isFirst && newFrom !== undefined ? ({ kind: "top", key: newFrom, above: -3 } as const) : atEnd;
  return reaching(select(anchored({ ...state, open: fresh }, anchor)));
}

export function takeEntries(state: State, data: Extract<ChatData, { what: "entries" }>): Updated {
  const { open } = state;
  if (open === undefined || open.name !== data.conversation) return [state, []];
  const entries = merged(open, data.entries, data.gone);
  if (entries === open.entries) return [state, []];

  const before = new Set(open.entries.map(({ key }) => key));
  const fresh = entries.filter(({ key }) => !before.has(key));
  const kept = standingIn(open, entries);
  const { hasOlder, hasNewer } = open;
  const stretch = bounded({ entries, hasOlder, hasNewer }, readAt(kept, entries));
  const next = { ...kept, ...stretch, newFrom: newFromAfter(state, open, fresh) };
  return reaching(keepingChosen(anchored({ ...state, open: next }, next.anchor)));
}

/** The same part of the conversation, if it has more or less room now. */
export function inPlace(before: State, [state, effects]: Updated): Updated {
  if (state.open === undefined) return [state, effects];
  const [old, size] = [transcriptSize(before), transcriptSize(state)];
  if (old.width === size.width && old.height === size.height) return [state, effects];
  return [keepingChosen(anchored(state, state.open.anchor)), effects];
}

/** It can be asked for again. */
export function loadFailed(state: State, effect: string): State {
  const { open } = state;
  if (open === undefined || !["open", "older", "oldest", "newer"].includes(effect)) return state;
  return { ...state, open: { ...open, isLoading: false } };
}

/** Where the "new" line is after these came: at the first that somebody who looked away has not seen. */
function newFromAfter(state: State, open: OpenConversation, fresh: readonly Entry[]): string | undefined {
  // Who answers has seen what was new.
  if (fresh.some((entry) => entry.kind === "message" && entry.own)) return undefined;
  const first = fresh.find(isUnread);
  if (first === undefined || open.entries.some(isUnread)) return open.newFrom;
  // Until it is connected, what comes is what was missed.
  const isLive = state.connection.state === "connected" || state.connection.state === "elsewhere";
  const isLooking = isLive && state.hasFocus && state.screens.length === 0 && open.anchor.kind === "end";
  return isLooking ? open.newFrom : first.key;
}

/** With the entry beside them in place of those that the window and the choice were on, if they are gone. */
function standingIn(open: OpenConversation, entries: readonly Entry[]): OpenConversation {
  const there = new Set(entries.map(({ key }) => key));
  const beside = (key: string, suits: (entry: Entry) => boolean): string | undefined => {
    const at = open.entries.findIndex((entry) => entry.key === key);
    const isThere = (entry: Entry) => there.has(entry.key) && suits(entry);
    return (open.entries.slice(at + 1).find(isThere) ?? open.entries.slice(0, at).findLast(isThere))?.key;
  };
  let { anchor, selected } = open;
  if (anchor.kind === "top" && !there.has(anchor.key)) {
    const key = beside(anchor.key, () => true);
    anchor = key === undefined ? atEnd : { kind: "top", key, above: 0 };
  }
  if (selected !== undefined && !there.has(selected)) selected = beside(selected, isMessage);
  return { ...open, anchor, selected };
}

/** By lines, or a page at a time. */
export function scroll(state: State, by: number | "page up" | "page down"): Updated {
  const { open } = state;
  if (open === undefined) return [state, []];
  const { width, height } = transcriptSize(state);
  // A line or two stay, so that the eye finds its place.
  const page = Math.max(1, height - 2);
  const lines = by === "page up" ? -page : by === "page down" ? page : by;
  const anchor = scrolled(sheetFor(state, open, width), open.anchor, height, lines);
  return reaching(choosingSeen({ ...state, open: { ...open, anchor } }));
}

/** Chooses a message; without a key, the newest on the screen if the transcript has the keys, otherwise none. */
export function select(state: State, key?: string): State {
  const { open, pane } = state;
  if (open === undefined) return state;
  if (pane !== "transcript") {
    return open.selected === undefined ? state : { ...state, open: { ...open, selected: undefined } };
  }
  const found = key === undefined ? undefined : open.entries.find((entry) => entry.key === key);
  if (found === undefined || !isMessage(found)) {
    const isThere = open.entries.some((entry) => entry.key === open.selected);
    const selected = isThere && key !== undefined ? open.selected : shownMessages(state, open).at(-1)?.key;
    return selected === open.selected ? state : { ...state, open: { ...open, selected } };
  }
  return found.key === open.selected
    ? state
    : showKey({ ...state, open: { ...open, selected: found.key } }, found.key, "nearest");
}

/** A command while the transcript has the keys. */
export function runTranscript(state: State, command: CommandName): Updated {
  const { open } = state;
  if (open === undefined) return [state, []];
  switch (command) {
    case "select up":
      return step(state, open, -1);
    case "select down":
      return step(state, open, 1);
    case "select first":
      return toStart(state, open);
    case "select last":
      return toEnd(state, open);
    case "half page up":
    case "half page down": {
      const half = Math.max(1, Math.floor(transcriptSize(state).height / 2));
      return scroll(state, command === "half page up" ? -half : half);
    }
    case "next mention": {
      const mention = nextMention(open);
      return mention === undefined
        ? [said(state, "None of the messages that are loaded names you."), []]
        : choose(state, mention);
    }
    case "original":
      return toOriginal(state, open);
    case "write":
      return [select({ ...state, pane: "composer" }), []];
    default: {
      const message = open.entries.find(({ key }) => key === open.selected);
      return message?.kind === "message" ? runOnMessage(state, open, message, command) : [state, []];
    }
  }
}

/** The message above or below; of one that is not all on the screen, first more of its lines. */
function step(state: State, open: OpenConversation, by: 1 | -1): Updated {
  const at = open.entries.findIndex(({ key }) => key === open.selected);
  if (at === -1) return [select(state), []];
  const { width, height } = transcriptSize(state);
  const size = sheetFor(state, open, width).body(at).length;
  const { rows } = viewOf(state, open, { width, height });
  const numbers = rows.flatMap(({ index, number }) => (index === at ? [number] : []));
  // Where events fill the screen the chosen one may be off it: the way back to it is a step.
  const isAbove = at < (rows[0]?.index ?? 0);
  if (numbers.length === 0 && by < 0 === isAbove) {
    return reaching(showKey(state, open.selected ?? "", "nearest"));
  }
  const edge = by < 0 ? numbers[0] : numbers.at(-1);
  const hidden = edge === undefined ? 0 : by < 0 ? Math.max(0, edge) : size - 1 - edge;
  if (hidden > 0 && size > 1) return scroll(state, by * Math.min(hidden, Math.max(1, height - 2)));
  const rest = by < 0 ? open.entries.slice(0, at).reverse() : open.entries.slice(at + 1);
  const next = rest.find(isMessage);
  // Beyond the outermost message there may be lines of events.
  return next === undefined ? scroll(state, by) : choose(state, next);
}

function choose(state: State, entry: Entry | undefined): Updated {
  return entry === undefined ? [state, []] : reaching(select(state, entry.key));
}

function toStart(state: State, open: OpenConversation): Updated {
  if (!open.hasOlder) return choose(state, open.entries.find(isMessage));
  const loading = { ...state, open: { ...open, isLoading: true } };
  return [loading, [{ kind: "oldest", conversation: open.name }]];
}

function toEnd(state: State, open: OpenConversation): Updated {
  if (open.hasNewer) return opening(state, open, undefined);
  const next = { ...state, open: { ...open, anchor: atEnd } };
  const newest = open.entries.findLast(isMessage);
  return newest === undefined ? [next, []] : choose(next, newest);
}

/** After the chosen one; after the newest comes the oldest again. */
function nextMention({ entries, selected }: OpenConversation): Entry | undefined {
  const at = entries.findIndex(({ key }) => key === selected);
  return [...entries.slice(at + 1), ...entries.slice(0, at + 1)].find(
    (entry) => entry.kind === "message" && entry.mentionsMe && !entry.deleted,
  );
}

function toOriginal(state: State, open: OpenConversation): Updated {
  const answer = open.entries.find(({ key }) => key === open.selected);
  const quote = answer?.kind === "message" ? answer.quote : undefined;
  if (quote === undefined) return [said(state, "This is no answer to a message."), []];
  const { key } = quote;
  if (key === undefined) return [said(state, "What this answers is not here."), []];
  if (!open.entries.some((entry) => entry.key === key)) return opening(state, open, key);
  return reaching(select(showKey(state, key, "middle"), key));
}

function opening(state: State, open: OpenConversation, around: string | undefined): Updated {
  const effect: Effect = {
    kind: "open",
    conversation: open.name,
    ...(around === undefined ? {} : { around }),
  };
  return [{ ...state, open: { ...open, isLoading: true } }, [effect]];
}

/** Fetches more when an edge of what is here is nearer than a page. */
function reaching(state: State): Updated {
  const { open } = state;
  const first = open?.entries[0];
  const last = open?.entries.at(-1);
  if (open === undefined || open.isLoading || first === undefined || last === undefined) return [state, []];
  const size = transcriptSize(state);
  const { rows } = viewOf(state, open, size);
  const kind =
    open.hasOlder && (rows[0]?.index ?? 0) < size.height
      ? "older"
      : open.hasNewer && open.entries.length - 1 - (rows.at(-1)?.index ?? 0) < size.height
        ? "newer"
        : undefined;
  if (kind === undefined) return [state, []];
  const { position: from } = kind === "older" ? first : last;
  return [{ ...state, open: { ...open, isLoading: true } }, [{ kind, conversation: open.name, from }]];
}

/** The window settled after something changed in it: at the end, it stays there. */
function anchored(state: State, anchor: OpenConversation["anchor"]): State {
  const { open } = state;
  if (open === undefined || anchor.kind === "end") return state;
  const { width, height } = transcriptSize(state);
  const settledAnchor = settled(sheetFor(state, open, width), anchor, height);
  return { ...state, open: { ...open, anchor: settledAnchor } };
}

function showKey(state: State, key: string, where: "nearest" | "middle"): State {
  const { open } = state;
  if (open === undefined) return state;
  const { width, height } = transcriptSize(state);
  const sheet = sheetFor(state, open, width);
  const index = open.entries.findIndex((entry) => entry.key === key);
  const shown = viewOf(state, open, { width, height }).rows.filter(
    (row) => row.index === index && row.number >= 0,
  );
  if (where === "nearest" && shown.length === sheet.body(index).length) return state;
  // The last row may be wanted to say what is below.
  const anchor = showing(sheet, open.anchor, Math.max(1, height - 1), index, where);
  return { ...state, open: { ...open, anchor: settled(sheet, anchor, height) } };
}

/** While the transcript has the keys, the chosen message is on the screen. */
function choosingSeen(state: State): State {
  const { open, pane } = state;
  if (open === undefined || pane !== "transcript") return state;
  const shown = shownMessages(state, open);
  if (shown.some(({ key }) => key === open.selected)) return state;
  const at = open.entries.findIndex(({ key }) => key === open.selected);
  const first = shown[0];
  const isAbove = first !== undefined && at < open.entries.indexOf(first);
  const selected = (isAbove ? first : shown.at(-1))?.key ?? open.selected;
  return { ...state, open: { ...open, selected } };
}

/** What arrives moves the window on only until the chosen message is at its edge. */
function keepingChosen(state: State): State {
  const { open, pane } = state;
  if (open?.selected === undefined || pane !== "transcript") return state;
  const isShown = shownMessages(state, open).some(({ key }) => key === open.selected);
  return isShown ? state : showKey(state, open.selected, "nearest");
}

function shownMessages(state: State, open: OpenConversation): readonly MessageEntry[] {
  const indexes = new Set(
    viewOf(state, open, transcriptSize(state)).rows.flatMap(({ index, number }) =>
      number < 0 ? [] : [index],
    ),
  );
  return [...indexes].flatMap((index) => open.entries[index] ?? []).filter(isMessage);
}

/** Where the reader is; undefined: at the end. */
function readAt({ anchor }: OpenConversation, entries: readonly Entry[]): number | undefined {
  if (anchor.kind === "end") return undefined;
  const at = entries.findIndex(({ key }) => key === anchor.key);
  return at === -1 ? undefined : at;
}

function isMessage(entry: Entry): entry is MessageEntry {
  return entry.kind === "message";
}
