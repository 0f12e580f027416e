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
import { emptyPalette, palette } from "./palette.ts";
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

/** A screen that a command opens, with what has to be fetched for it. */
export interface Opening {
  readonly screen: Screen;
  readonly effects: readonly Effect[];
}

/** By command; undefined: it opens none as things stand. */
const openings: { readonly [Name in CommandName]?: (state: State) => Opening | undefined } = {
  help: () => opening({ kind: "help", above: 0 }),
  "help here": () => opening({ kind: "help", above: 0 }),
  palette: () => opening(emptyPalette),
  settings: () => opening({ kind: "settings", chosen: 0 }),
};

/** Before there is an account there is nothing but help. */
const beforeAll: ReadonlySet<CommandName> = new Set(["help", "help here"]);

export function screenFor(state: State, command: CommandName): Opening | undefined {
  if (state.me === "" && !beforeAll.has(command)) return undefined;
  return openings[command]?.(state);
}

function opening(screen: Screen, effects: readonly Effect[] = []): Opening {
  return { screen, effects };
}
