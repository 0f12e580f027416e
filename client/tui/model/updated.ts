import type { Effect } from "./effect.ts";
import type { State } from "./state.ts";

/** The state after, and what is to be done. */
export type Updated = readonly [State, readonly Effect[]];
