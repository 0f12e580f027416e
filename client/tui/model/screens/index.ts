import type { CommandName } from "../command.ts";
import type { Effect } from "../effect.ts";
import type { State } from "../state.ts";
import type { Behaviour } from "./behaviour.ts";
import { confirm } from "./confirm.ts";
import { details } from "./details.ts";
import { help } from "./help.ts";
import { keys } from "./keys.ts";
import { message } from "./message.ts";
import { newGroup } from "./new-group.ts";
import { palette } from "./palette.ts";
import { people } from "./people.ts";
import { react } from "./react.ts";
import { relay } from "./relay.ts";
import { rooms } from "./rooms.ts";
import type { Screen } from "./screen.ts";
import { search } from "./search.ts";
import { settings } from "./settings.ts";
import { wizard } from "./wizard.ts";

const behaviours: { readonly [Kind in Screen["kind"]]: Behaviour<Extract<Screen, { kind: Kind }>> } = {
  confirm: confirm,
  details: details,
  help: help,
  keys: keys,
  message: message,
  "new group": newGroup,
  palette: palette,
  people: people,
  react: react,
  relay: relay,
  rooms: rooms,
  search: search,
  settings: settings,
  wizard: wizard,
};

export function behaviourOf(screen: Screen): Behaviour<Screen> {
  // The table pairs each kind with its own behaviour, which the compiler cannot follow through an index.
  return behaviours[screen.kind] as Behaviour<Screen>;
}

/** The screen that a command opens, with what has to be fetched for it; undefined for commands that open none. */
export function screenFor(
  _state: State,
  _command: CommandName,
): { readonly screen: Screen; readonly effects: readonly Effect[] } | undefined {
  return undefined;
}
