import { barrierOf, isPerson } from "../barrier.ts";
import type { CommandName } from "../command.ts";
import type { Effect } from "../effect.ts";
import type { State } from "../state.ts";
import type { Behaviour } from "./behaviour.ts";
import { confirm } from "./confirm.ts";
import { details, detailsOf, personDetails } from "./details.ts";
import { help } from "./help.ts";
import { invite } from "./invite.ts";
import { keys, ownKeys } from "./keys.ts";
import { loggingIn, logIn } from "./log-in.ts";
import { isUnreadable, message, messageScreenOf } from "./message.ts";
import { blankGroup, newGroup } from "./new-group.ts";
import { newKey, newKeys } from "./new-key.ts";
import { emptyPalette, palette } from "./palette.ts";
import { everybody, people } from "./people.ts";
import { react, reactScreenOf } from "./react.ts";
import { checkedRelay, relay, theRelay } from "./relay.ts";
import { allRequests, requests } from "./requests.ts";
import { allRooms, rooms } from "./rooms.ts";
import type { Screen } from "./screen.ts";
import { blankSearch, search, searchHere } from "./search.ts";
import { settings } from "./settings.ts";
import { signingOut, signOut } from "./sign-out.ts";
import { wizard } from "./wizard.ts";

const behaviours: { readonly [Kind in Screen["kind"]]: Behaviour<Extract<Screen, { kind: Kind }>> } = {
  confirm: confirm,
  details: details,
  help: help,
  invite: invite,
  keys: keys,
  "log in": logIn,
  message: message,
  "new group": newGroup,
  "new key": newKeys,
  palette: palette,
  people: people,
  react: react,
  relay: relay,
  requests: requests,
  rooms: rooms,
  search: search,
  settings: settings,
  "sign out": signOut,
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

const ownKeysOpening = opening(ownKeys, [{ kind: "load keys" }]);

/** A conversation with oneself has nobody else in it: its details are the own keys. */
function keysOf({ open }: State): Opening | undefined {
  return open === undefined ? undefined : ownKeysOpening;
}

/** Of the person whom the conversation on the screen is with. */
function numberOf(state: State): Opening | undefined {
  const { open } = state;
  if (open === undefined || !isPerson(state, open.name)) return undefined;
  return barrierOf(state) === "new key" ? newKey(open.name) : personDetails(open.name);
}

/** By command; undefined: it opens none as things stand. */
const openings: { readonly [Name in CommandName]?: (state: State) => Opening | undefined } = {
  check: () => opening(checkedRelay, [{ kind: "load relay" }, { kind: "check" }]),
  // Whoever has other keys now has two numbers, and they are what matters.
  details: (state) =>
    barrierOf(state) === "new key" ? numberOf(state) : (detailsOf(state) ?? keysOf(state)),
  help: () => opening({ kind: "help", above: 0 }),
  "help here": () => opening({ kind: "help", above: 0 }),
  keys: () => ownKeysOpening,
  "new group": () => opening(blankGroup, [{ kind: "list people" }]),
  "log in": () => opening(loggingIn),
  "message details": (state) => maybe(messageScreenOf(state)),
  palette: () => opening(emptyPalette),
  people: () => opening(everybody, [{ kind: "list people" }]),
  requests: () => opening(allRequests),
  relay: () => opening(theRelay, [{ kind: "load relay" }]),
  rooms: () => opening(allRooms, [{ kind: "list rooms" }]),
  search: () => opening(blankSearch),
  "search here": (state) => opening(searchHere(state)),
  react: (state) => maybe(reactScreenOf(state)),
  settings: () => opening({ kind: "settings", chosen: 0 }),
  "sign out": () => opening(signingOut, [{ kind: "load keys" }]),
  verify: numberOf,
  why: (state) => maybe(messageScreenOf(state, isUnreadable)),
};

/** Before there is an account there is nothing but help. */
const beforeAll: ReadonlySet<CommandName> = new Set(["help", "help here"]);

export function screenFor(state: State, command: CommandName): Opening | undefined {
  if (state.me === "" && !beforeAll.has(command)) return undefined;
  return openings[command]?.(state);
}

function maybe(screen: Screen | undefined): Opening | undefined {
  return screen && opening(screen);
}

function opening(screen: Screen, effects: readonly Effect[] = []): Opening {
  return { screen, effects };
}
