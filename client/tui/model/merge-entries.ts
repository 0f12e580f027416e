import type { Entry } from "./data.ts";

/** What is kept of a long conversation; the rest is fetched again when it is scrolled to. */
export const MAX_ENTRIES = 1_000;

/** A part of a transcript without gaps: where it may not be added to, there is more that is not here. */
export interface Stretch {
  readonly entries: readonly Entry[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/**
 * New and changed entries in their places. What has not changed stays the same object; what belongs to a part that is
 * not here stays away.
 */
export function merged(
  { entries, hasOlder, hasNewer }: Stretch,
  news: readonly Entry[],
  gone: readonly string[] = [],
): readonly Entry[] {
  const first = entries[0]?.position ?? Number.NEGATIVE_INFINITY;
  const last = entries.at(-1)?.position ?? Number.POSITIVE_INFINITY;
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  let isChanged = false;
  for (const entry of news) {
    const old = byKey.get(entry.key);
    if (old === undefined) {
      if ((hasOlder && entry.position < first) || (hasNewer && entry.position > last)) continue;
    } else if (isSame(old, entry)) continue;
    byKey.set(entry.key, entry);
    isChanged = true;
  }
  for (const key of gone) isChanged = byKey.delete(key) || isChanged;
  return isChanged ? [...byKey.values()].sort((one, other) => one.position - other.position) : entries;
}

/** At most `MAX_ENTRIES`, those around the place that is read; without one, the newest. */
export function bounded(stretch: Stretch, readAt: number | undefined): Stretch {
  const { entries, hasOlder, hasNewer } = stretch;
  const spare = entries.length - MAX_ENTRIES;
  if (spare <= 0) return stretch;
  const from = readAt === undefined ? spare : Math.max(0, Math.min(spare, readAt - MAX_ENTRIES / 2));
  const kept = entries.slice(from, from + MAX_ENTRIES);
  return { entries: kept, hasOlder: hasOlder || from > 0, hasNewer: hasNewer || from < spare };
}

function isSame(one: Entry, other: Entry): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
