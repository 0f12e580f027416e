import type { Completions } from "./composer.ts";
import { textWidth } from "./composer-shape.ts";
import type { Entry } from "./data.ts";
import { geometryOf } from "./geometry.ts";
import { offersOf } from "./offers.ts";
import type { State } from "./state.ts";

const known = new WeakMap<readonly Entry[], readonly string[]>();

/** What there is in the conversation on the screen. */
export function completions(state: State): Completions {
  const offers = offersOf(state);
  return {
    get names() {
      return offers.names;
    },
    get conversations() {
      return offers.conversations;
    },
    history: historyOf(state.open?.entries ?? []),
    width: textWidth(geometryOf(state).composer.width),
  };
}

/** Each text once, where it was sent last. */
function historyOf(entries: readonly Entry[]): readonly string[] {
  let found = known.get(entries);
  if (found === undefined) {
    const texts = entries.flatMap((entry) => {
      const isMine = entry.kind === "message" && entry.own && !entry.deleted && entry.content === "text";
      return isMine ? [entry.text] : [];
    });
    found = [...new Set(texts.toReversed())];
    known.set(entries, found);
  }
  return found;
}
