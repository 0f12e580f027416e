import type { CommandName } from "./command.ts";
import type { ConversationRow } from "./data.ts";
import type { State } from "./state.ts";
import type { Updated } from "./updated.ts";

/** Opens a conversation; with `around`, at that entry's position. */
export function goTo(state: State, _name: string, _around?: string): Updated {
  return [state, []];
}

export function nextUnread(state: State): Updated {
  return [state, []];
}

export function nextConversation(state: State, _by: 1 | -1): Updated {
  return [state, []];
}

/** A command while the list has the keys. */
export function runList(state: State, _command: CommandName): Updated {
  return [state, []];
}

/** Rows that are new or changed; `isWhole`: these are all. */
export function takeConversations(
  state: State,
  _rows: readonly ConversationRow[],
  _isWhole: boolean,
): Updated {
  return [state, []];
}
