import type { Completions } from "./composer.ts";
import type { State } from "./state.ts";

/** What there is in the conversation on the screen. */
export function completions(_state: State): Completions {
  return { names: [], history: [] };
}
