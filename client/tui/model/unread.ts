import { barrierOf } from "./barrier.ts";
import type { Entry } from "./data.ts";
import { isConversationShown } from "./geometry.ts";
import { isUnread, transcriptSize, viewOf } from "./transcript-view.ts";
import type { Updated } from "./updated.ts";

/** Marks read what is on the screen of a terminal that has the focus: messages whose last line is there. */
export function afterReading(updated: Updated): Updated {
  const [state, effects] = updated;
  const { open } = state;
  if (open === undefined || !state.hasFocus || !isConversationShown(state)) return updated;
  // A stranger does not make anything read, and so does not hear of it.
  if (!hasUnread(open.entries) || barrierOf(state) !== undefined) return updated;
  const size = transcriptSize(state);
  if (size.width === 0 || size.height === 0) return updated;

  const seen = new Set<Entry>();
  for (const { index, isLast } of viewOf(state, open, size).rows) {
    const entry = open.entries[index];
    if (isLast && entry !== undefined && isUnread(entry)) seen.add(entry);
  }
  if (seen.size === 0) return updated;
  const keys = [...seen].map(({ key }) => key);
  // Not asked for twice; the effect tells how it stands if it fails.
  const entries = open.entries.map((entry) =>
    entry.kind === "message" && seen.has(entry) ? { ...entry, unread: false } : entry,
  );
  return [
    { ...state, open: { ...open, entries } },
    [...effects, { kind: "mark read", conversation: open.name, keys }],
  ];
}

const known = new WeakMap<readonly Entry[], boolean>();

/** Asked at each key. */
function hasUnread(entries: readonly Entry[]): boolean {
  let has = known.get(entries);
  if (has === undefined) {
    has = entries.some(isUnread);
    known.set(entries, has);
  }
  return has;
}
