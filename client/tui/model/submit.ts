import type { State } from "./state.ts";
import type { Updated } from "./updated.ts";

/** Sends what the composer holds, or does what it is for; `give up`: goes back to a plain message. */
export function submit(state: State, _how: "send" | "give up" = "send"): Updated {
  return [state, []];
}
