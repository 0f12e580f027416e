import type { Entry } from "../data.ts";
import type { Line, Span } from "../line.ts";
import { entryLines, type Heading } from "./message-lines.ts";
import type { Shape } from "./shape.ts";
import { rule } from "./spans.ts";
import { day, isSameDay } from "./times.ts";

/** What a transcript is laid out from. */
export interface Manuscript {
  readonly entries: readonly Entry[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly newFrom: string | undefined;
  readonly shape: Shape;
  readonly me: string;
  readonly now: number;
}

/** A transcript in lines; each entry is laid out when it is asked for. */
export interface Sheet {
  readonly entries: readonly Entry[];
  /** The lines between an entry and the one before it: the day, where what is new begins. */
  before(index: number): readonly Line[];
  /** The lines of the entry itself; after the last one, that there is more. */
  body(index: number): readonly Line[];
}

/** Of an entry, its newest layout. Entries that have not changed are the same objects. */
const cache = new WeakMap<Entry, { readonly key: string; readonly lines: readonly Line[] }>();

/** After this long a sender's name stands again. */
const PAUSE_MS = 10 * 60_000;

export function sheetOf(manuscript: Manuscript): Sheet {
  const { entries, hasNewer, shape } = manuscript;
  return {
    entries,
    before: (index) => linesBefore(manuscript, index),
    body: (index) => {
      const lines = linesOf(manuscript, index);
      if (!hasNewer || index !== entries.length - 1) return lines;
      return [...lines, { spans: centred("later messages", shape.width) }];
    },
  };
}

function linesOf(manuscript: Manuscript, index: number): readonly Line[] {
  const { entries, shape, me, now } = manuscript;
  const entry = entries[index];
  if (entry === undefined) return none;
  const heading = headingOf(manuscript, index);
  // What is about to expire says how soon, to the minute.
  const minute = entry.kind === "message" && entry.expiresAt !== undefined ? Math.floor(now / 60_000) : 0;
  const key = `${shape.width} ${shape.name} ${heading.withName} ${heading.withTime} ${minute} ${me}`;
  const found = cache.get(entry);
  if (found?.key === key) return found.lines;
  const lines = entryLines(entry, heading, shape, me, now);
  cache.set(entry, { key, lines });
  return lines;
}

function linesBefore(manuscript: Manuscript, index: number): readonly Line[] {
  const { entries, hasOlder, newFrom, shape, now } = manuscript;
  const entry = entries[index];
  if (entry === undefined) return [];
  const lines: Line[] = [];
  if (index === 0 && hasOlder) lines.push({ spans: centred("earlier messages", shape.width) });
  if (startsDay(entries, index)) {
    lines.push({ spans: centred(day(timeOf(entry), now), shape.width) });
  }
  if (entry.key === newFrom) {
    lines.push({ spans: rule("new", shape.width, Math.min(shape.left, 2), "accent") });
  }
  return lines.length === 0 ? none : lines;
}

function centred(word: string, width: number): readonly Span[] {
  return rule(word, width, Math.floor((width - word.length - 2) / 2), "dim");
}

const none: readonly Line[] = [];

function headingOf({ entries, newFrom }: Manuscript, index: number): Heading {
  const entry = entries[index];
  const previous = entries[index - 1];
  if (entry === undefined || previous === undefined || startsDay(entries, index) || entry.key === newFrom) {
    return { withName: true, withTime: true };
  }
  const pause = timeOf(entry) - timeOf(previous);
  const withName =
    entry.kind !== "message" ||
    previous.kind !== "message" ||
    entry.from !== previous.from ||
    entry.sharedBy !== previous.sharedBy ||
    !(Math.abs(pause) < PAUSE_MS);
  return { withName, withTime: !isSameMinute(timeOf(entry), timeOf(previous)) };
}

function startsDay(entries: readonly Entry[], index: number): boolean {
  const entry = entries[index];
  const previous = entries[index - 1];
  return entry !== undefined && (previous === undefined || !isSameDay(timeOf(entry), timeOf(previous)));
}

function isSameMinute(one: number, other: number): boolean {
  return Math.floor(one / 60_000) === Math.floor(other / 60_000);
}

function timeOf(entry: Entry): number {
  return entry.kind === "message" ? entry.sentAt : entry.at;
}
