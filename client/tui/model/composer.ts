import type { CommandName } from "./command.ts";
import { offsetAt, placeOf, rowsOf } from "./composer-rows.ts";
import { edgeFrom, lineEnd, lineStart, nextEdge, previousEdge, wordEnd, wordStart } from "./edges.ts";
import { emojiCalled } from "./emoji.ts";
import { type Menu, menuAt, type Offers } from "./menu.ts";

/** A text that is being written. */
export interface Composer {
  readonly text: string;
  /** Where the next character goes: an offset in UTF-16 units, at the edge of a grapheme. */
  readonly cursor: number;
  /** What was changed, the last at the end, and what was undone. */
  readonly past: readonly Change[];
  readonly future: readonly Change[];
  /** What was cut, newest first. */
  readonly kills: readonly string[];
  /** What the last key did, where the next may go on with it. */
  readonly doing: Doing | undefined;
  /** Which of the own messages stands here, and what was written before it was called back. */
  readonly recalled: { readonly index: number; readonly written: string } | undefined;
  /** The beginning of the word that nothing is to be offered for. */
  readonly dismissed: number | undefined;
}

interface Change {
  readonly at: number;
  readonly removed: string;
  readonly inserted: string;
  /** Where the cursor was before. */
  readonly cursor: number;
}

type Doing =
  | { readonly kind: "typing" | "erasing" | "killing" }
  /** In the menu. */
  | { readonly kind: "choosing"; readonly chosen: number }
  /** Up and down, in this column. */
  | { readonly kind: "climbing"; readonly column: number }
  | { readonly kind: "yanking"; readonly from: number; readonly to: number; readonly kill: number };

/** What there is around a text. */
export interface Completions extends Offers {
  /** The own messages that can be called back, newest first. */
  readonly history: readonly string[];
  /** Of the rows that the text is shown in. */
  readonly width: number;
}

/** Of a text that stands alone, on one row. */
export const noCompletions: Completions = {
  names: [],
  conversations: [],
  history: [],
  width: Number.POSITIVE_INFINITY,
};

const MAX_CHANGES = 500;
const MAX_KILLS = 16;
/** More at once was not typed. */
const LONGEST_TYPED = 32;

export const emptyComposer: Composer = {
  text: "",
  cursor: 0,
  past: [],
  future: [],
  kills: [],
  doing: undefined,
  recalled: undefined,
  dismissed: undefined,
};

/** With this text and the cursor at its end. What was cut in `before` can be put back here. */
export function composerWith(text: string, before: Composer = emptyComposer): Composer {
  const clean = cleaned(text);
  return { ...emptyComposer, text: clean, cursor: clean.length, kills: before.kills };
}

/** Inserts at the cursor; also what was pasted. */
export function typeText(composer: Composer, text: string): Composer {
  const clean = cleaned(text);
  if (clean === "") return composer;
  const { cursor } = composer;
  if (clean.length > LONGEST_TYPED || clean.includes("\n")) return edit(composer, cursor, cursor, clean);
  const typed = edit(composer, cursor, cursor, clean, "typing");
  return clean === ":" ? withEmoji(typed) : typed;
}

/** Line ends of one kind, and nothing that could not be sent. */
function cleaned(text: string): string {
  return (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text).toWellFormed();
}

/** The colon that ends a name makes the emoji of it. To undo gives the name back. */
function withEmoji(composer: Composer): Composer {
  const { text, cursor } = composer;
  const [, name] =
    /(?:^|[\s([{"'])(:[\w+-]{1,64}:)$/.exec(text.slice(Math.max(0, cursor - 70), cursor)) ?? [];
  const emoji = name && emojiCalled(name.slice(1, -1));
  return emoji ? edit(composer, cursor - name.length, cursor, emoji) : composer;
}

/** The same composer for a command that is not one of its own, or that changes nothing. */
export function runComposer(
  composer: Composer,
  command: CommandName | { readonly replaceWith: string },
  around: Completions,
): Composer {
  const { text, cursor } = composer;
  if (typeof command === "object") return replaceAll(composer, cleaned(command.replaceWith));
  switch (command) {
    case "left":
      return moved(composer, previousEdge(text, cursor));
    case "right":
      return moved(composer, nextEdge(text, cursor));
    case "word left":
      return moved(composer, wordStart(text, cursor));
    case "word right":
      return moved(composer, wordEnd(text, cursor));
    case "line start":
      return moved(composer, lineStart(text, cursor));
    case "line end":
      return moved(composer, lineEnd(text, cursor));
    case "history older":
      return choose(composer, -1, around) ?? climb(composer, -1, around) ?? recall(composer, 1, around);
    case "history newer":
      return choose(composer, 1, around) ?? climb(composer, 1, around) ?? recall(composer, -1, around);
    case "newline":
      return edit(composer, cursor, cursor, "\n");
    case "complete":
      return complete(composer, around);
    case "delete back":
      return edit(composer, previousEdge(text, cursor), cursor, "", "erasing");
    case "delete forward":
      return edit(composer, cursor, nextEdge(text, cursor), "", "erasing");
    case "kill word back":
      return kill(composer, wordStart(text, cursor), cursor);
    case "kill word forward":
      return kill(composer, cursor, wordEnd(text, cursor));
    case "kill line":
      return kill(composer, cursor, endOfKill(text, cursor));
    case "kill line back":
      return kill(composer, startOfKill(text, cursor), cursor);
    case "yank":
      return yank(composer, cursor, cursor, 0);
    case "yank older":
      return yankOlder(composer);
    case "undo":
      return undo(composer);
    case "redo":
      return redo(composer);
    default:
      return composer;
  }
}

/** What is offered for the word before the cursor; only while one writes it, or after asking for it. */
export function menuOf(composer: Composer, around: Offers): Menu | undefined {
  const { doing, text, cursor, dismissed } = composer;
  if (doing?.kind !== "typing" && doing?.kind !== "erasing" && doing?.kind !== "choosing") return undefined;
  const menu = menuAt(text, cursor, around);
  if (menu === undefined || menu.from === dismissed) return undefined;
  return doing.kind === "choosing"
    ? { ...menu, chosen: Math.min(doing.chosen, menu.items.length - 1) }
    : menu;
}

/** Puts the menu away until another word is begun. */
export function dismissMenu(composer: Composer, { from }: Menu): Composer {
  return { ...composer, doing: undefined, dismissed: from };
}

/** Puts what is chosen in the place of the word. */
export function accept(composer: Composer, { from, items, chosen }: Menu): Composer {
  const insert = items[chosen]?.insert;
  if (insert === undefined) return composer;
  const { cursor, text } = composer;
  const isFollowed = insert.endsWith(" ") && text[cursor] === " ";
  const accepted = edit(composer, from, cursor, isFollowed ? insert.trimEnd() : insert);
  return isFollowed ? { ...accepted, cursor: accepted.cursor + 1 } : accepted;
}

/** Whether the chosen item stands there already, so that there is nothing to accept. */
export function isWritten({ text, cursor }: Composer, { from, items, chosen }: Menu): boolean {
  return bare(items[chosen]?.insert ?? "") === bare(text.slice(from, cursor));
}

/** `#OPS` and `ops` are the same to whoever is asked to find it. */
function bare(name: string): string {
  return name.trimEnd().replace(/^[@#]/, "").toLowerCase();
}

function complete(composer: Composer, around: Completions): Composer {
  const open = menuOf(composer, around);
  if (open !== undefined) return accept(composer, open);
  const menu = menuAt(composer.text, composer.cursor, around);
  if (menu === undefined) return composer;
  if (menu.items.length === 1) return accept(composer, menu);
  return { ...composer, doing: { kind: "choosing", chosen: 0 }, dismissed: undefined };
}

function choose(composer: Composer, by: 1 | -1, around: Completions): Composer | undefined {
  const menu = menuOf(composer, around);
  if (menu === undefined) return undefined;
  const count = menu.items.length;
  return { ...composer, doing: { kind: "choosing", chosen: (menu.chosen + by + count) % count } };
}

/** A row up or down, as far as there is one. */
function climb(composer: Composer, by: 1 | -1, { width }: Completions): Composer | undefined {
  const { text, cursor, doing } = composer;
  const rows = rowsOf(text, width);
  const place = placeOf(text, rows, cursor);
  const row = rows[place.row + by];
  if (row === undefined) return undefined;
  const column = doing?.kind === "climbing" ? doing.column : place.column;
  // A row may begin within a grapheme that is wider than the whole row.
  const to = edgeFrom(text, offsetAt(text, row, column));
  return { ...composer, cursor: to, doing: { kind: "climbing", column } };
}

/** An older message of one's own, or a newer one, at last what was written before. */
function recall(composer: Composer, by: 1 | -1, { history }: Completions): Composer {
  const { recalled, text } = composer;
  const index = (recalled?.index ?? -1) + by;
  const written = recalled?.written ?? text;
  const found = index === -1 ? written : history[index];
  // Beyond the last there is only the edge of the text.
  if (index < -1 || found === undefined) return moved(composer, by === 1 ? 0 : text.length);
  const shown = replaceAll(composer, cleaned(found));
  // Going on upwards calls back the next one, whatever is in this.
  const cursor = by === 1 ? 0 : shown.text.length;
  return { ...shown, cursor, recalled: index === -1 ? undefined : { index, written } };
}

/** The cursor at this place of the text, or behind the character that is there. */
export function cursorAt(composer: Composer, offset: number): Composer {
  return moved(composer, edgeFrom(composer.text, offset));
}

function moved(composer: Composer, to: number): Composer {
  const { cursor, doing } = composer;
  if (to === cursor && doing === undefined) return composer;
  return { ...composer, cursor: to, doing: undefined };
}

/** At the end of a line what ends it goes too. */
function endOfKill(text: string, at: number): number {
  const end = lineEnd(text, at);
  return end === at ? nextEdge(text, at) : end;
}

function startOfKill(text: string, at: number): number {
  const start = lineStart(text, at);
  return start === at ? previousEdge(text, at) : start;
}

/** What is cut in one go is put back in one piece. */
function kill(composer: Composer, from: number, to: number): Composer {
  if (from === to) return composer;
  const { text, cursor, kills, doing } = composer;
  const cut = text.slice(from, to);
  const [newest = "", ...older] = kills;
  const joined =
    doing?.kind !== "killing" ? [cut, ...kills] : [from < cursor ? cut + newest : newest + cut, ...older];
  const without = edit(composer, from, to, "");
  return { ...without, kills: joined.slice(0, MAX_KILLS), doing: { kind: "killing" } };
}

function yank(composer: Composer, from: number, to: number, index: number): Composer {
  const put = composer.kills[index];
  if (put === undefined) return composer;
  const yanked = edit(composer, from, to, put);
  return { ...yanked, doing: { kind: "yanking", from, to: from + put.length, kill: index } };
}

/** What was cut before that, in its place. */
function yankOlder(composer: Composer): Composer {
  const { doing, kills } = composer;
  if (doing?.kind !== "yanking") return composer;
  return yank(composer, doing.from, doing.to, (doing.kill + 1) % kills.length);
}

function replaceAll(composer: Composer, text: string): Composer {
  return edit(composer, 0, composer.text.length, text);
}

/** All changes come here. Of one kind in one place they are undone together, typing word by word. */
function edit(
  composer: Composer,
  from: number,
  to: number,
  inserted: string,
  kind?: "typing" | "erasing",
): Composer {
  const { text, cursor, past, doing, dismissed } = composer;
  if (from === to && inserted === "") return composer;
  const change: Change = { at: from, removed: text.slice(from, to), inserted, cursor };
  const before = past.at(-1);
  const goesOn = before !== undefined && kind !== undefined && doing?.kind === kind;
  const joined = goesOn ? join(before, change) : undefined;
  const changed = text.slice(0, from) + inserted + text.slice(to);
  return {
    ...composer,
    text: changed,
    // What was inserted may have become a part of the character that follows.
    cursor: edgeFrom(changed, from + inserted.length),
    past: [...(joined === undefined ? past.slice(1 - MAX_CHANGES) : past.slice(0, -1)), joined ?? change],
    future: [],
    doing: kind && { kind },
    recalled: undefined,
    dismissed: dismissed !== undefined && from > dismissed ? dismissed : undefined,
  };
}

function join(one: Change, other: Change): Change | undefined {
  if (one.removed === "" && other.removed === "" && other.at === one.at + one.inserted.length) {
    const isNextWord = /\s$/.test(one.inserted) && !/^\s/.test(other.inserted);
    return isNextWord ? undefined : { ...one, inserted: one.inserted + other.inserted };
  }
  if (one.inserted !== "" || other.inserted !== "") return undefined;
  if (other.at + other.removed.length === one.at) {
    return { ...one, at: other.at, removed: other.removed + one.removed };
  }
  return other.at === one.at ? { ...one, removed: one.removed + other.removed } : undefined;
}

function undo(composer: Composer): Composer {
  const change = composer.past.at(-1);
  if (change === undefined) return composer;
  const { at, removed, inserted, cursor } = change;
  const { text, past, future } = composer;
  return {
    ...composer,
    text: text.slice(0, at) + removed + text.slice(at + inserted.length),
    cursor,
    past: past.slice(0, -1),
    future: [...future, change],
    doing: undefined,
    recalled: undefined,
  };
}

function redo(composer: Composer): Composer {
  const change = composer.future.at(-1);
  if (change === undefined) return composer;
  const { at, removed, inserted } = change;
  const { text, past, future } = composer;
  const changed = text.slice(0, at) + inserted + text.slice(at + removed.length);
  return {
    ...composer,
    text: changed,
    cursor: edgeFrom(changed, at + inserted.length),
    past: [...past, change],
    future: future.slice(0, -1),
    doing: undefined,
    recalled: undefined,
  };
}
