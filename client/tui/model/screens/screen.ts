// What lies over the conversation, as data. How each behaves is in the file of its name beside this one.

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
}

export interface DetailsScreen {
  readonly kind: "details";
}

export interface HelpScreen {
  readonly kind: "help";
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
}

export interface WizardScreen {
  readonly kind: "wizard";
}
