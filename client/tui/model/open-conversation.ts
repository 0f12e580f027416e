import type { CommandName } from "./command.ts";
import type { ChatData, Loaded } from "./data.ts";
import type { State } from "./state.ts";
import type { Updated } from "./updated.ts";

/** The conversation as it stands just after it was chosen, before its entries are there. */
export function openingOf(_state: State, _name: string): State["open"] {
  return undefined;
}

export function takePart(
  state: State,
  _loaded: Extract<Loaded, { what: "transcript" | "older" | "newer" }>,
): Updated {
  return [state, []];
}

export function takeEntries(state: State, _data: Extract<ChatData, { what: "entries" }>): Updated {
  return [state, []];
}

/** By lines, or a page at a time. */
export function scroll(state: State, _by: number | "page up" | "page down"): Updated {
  return [state, []];
}

/** Chooses a message; without a key, the newest if the transcript has the keys, otherwise none. */
export function select(state: State, _key?: string): State {
  return state;
}

/** A command while the transcript has the keys. */
export function runTranscript(state: State, _command: CommandName): Updated {
  return [state, []];
}
