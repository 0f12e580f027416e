// What lies over the conversation, as data. How each behaves is in the file of its name beside this one.
import type { Composer } from "../composer.ts";
import type { Effect } from "../effect.ts";

export type Screen =
  | ConfirmScreen
  | DetailsScreen
  | HelpScreen
  | KeysScreen
  | MessageScreen
  | NewGroupScreen
  | PaletteScreen
  | PeopleScreen
  | ReactScreen
  | RelayScreen
  | RoomsScreen
  | SearchScreen
  | SettingsScreen
  | WizardScreen;

export interface ConfirmScreen {
  readonly kind: "confirm";
  readonly question: string;
  /** What it comes to, in one sentence or two. */
  readonly detail: string | undefined;
  readonly choices: readonly Choice[];
  readonly chosen: number;
}

/** An answer: what is done, and where that leads. No effects: nothing is done. */
export interface Choice {
  readonly label: string;
  readonly effects: readonly Effect[];
  readonly goTo?: string;
}

export interface DetailsScreen {
  readonly kind: "details";
}

export interface HelpScreen {
  readonly kind: "help";
  /** How many rows are above the window. */
  readonly above: number;
}

export interface KeysScreen {
  readonly kind: "keys";
}

export interface MessageScreen {
  readonly kind: "message";
}

export interface NewGroupScreen {
  readonly kind: "new group";
}

export interface PaletteScreen {
  readonly kind: "palette";
  readonly query: Composer;
  readonly chosen: number;
}

export interface PeopleScreen {
  readonly kind: "people";
}

export interface ReactScreen {
  readonly kind: "react";
}

export interface RelayScreen {
  readonly kind: "relay";
}

export interface RoomsScreen {
  readonly kind: "rooms";
}

export interface SearchScreen {
  readonly kind: "search";
}

export interface SettingsScreen {
  readonly kind: "settings";
  readonly chosen: number;
}

export interface WizardScreen {
  readonly kind: "wizard";
}
