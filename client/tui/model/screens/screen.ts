// What lies over the conversation, as data. How each behaves is in the file of its name beside this one.
import type { Composer } from "../composer.ts";
import type {
  CheckRow,
  GroupDetails,
  KeyChange,
  KeyDetails,
  RelayDetails,
  RoomRow,
  SafetyNumber,
  SearchHit,
} from "../data.ts";
import type { Effect } from "../effect.ts";
import type { Failure } from "../event.ts";
import type { Loadable } from "../loadable.ts";
import type { WizardScreen } from "./wizard-screen.ts";

export type Screen =
  | ConfirmScreen
  | DetailsScreen
  | HelpScreen
  | InviteScreen
  | KeysScreen
  | LogInScreen
  | MessageScreen
  | NewGroupScreen
  | NewKeyScreen
  | PaletteScreen
  | PeopleScreen
  | ReactScreen
  | RelayScreen
  | RequestsScreen
  | RoomsScreen
  | SearchScreen
  | SettingsScreen
  | SignOutScreen
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
  /** What it leads to: a question about the answer perhaps. */
  readonly over?: Screen;
}

export interface DetailsScreen {
  readonly kind: "details";
  /** The conversation's name; of somebody there may be none with, his. */
  readonly name: string;
  readonly about:
    | { readonly kind: "group"; readonly group: Loadable<GroupDetails> }
    | { readonly kind: "person"; readonly number: Loadable<SafetyNumber> };
  readonly chosen: number;
  /** The title that is being written. */
  readonly renaming: Composer | undefined;
  /** Why the last thing that was wanted did not happen. */
  readonly failure: Failure | undefined;
}

export interface HelpScreen {
  readonly kind: "help";
  /** How many rows are above the window. */
  readonly above: number;
}

/** Whom to invite to a group that is there. */
export interface InviteScreen {
  readonly kind: "invite";
  readonly group: string;
  /** Members and those who are invited. */
  readonly already: readonly string[];
  readonly query: Composer;
  readonly chosen: string | undefined;
  readonly failure: Failure | undefined;
}

export interface KeysScreen {
  readonly kind: "keys";
  readonly keys: Loadable<KeyDetails>;
  readonly chosen: number;
  readonly isRotating: boolean;
  readonly failure: Failure | undefined;
}

/** The password again, for a login that has ended. */
export interface LogInScreen {
  readonly kind: "log in";
  readonly password: Composer;
  readonly isBusy: boolean;
  readonly failure: Failure | undefined;
}

/** All there is to know of a message: who has it, who reacted. */
export interface MessageScreen {
  readonly kind: "message";
  readonly key: string;
  /** How many rows are above the window. */
  readonly above: number;
}

export interface NewGroupScreen {
  readonly kind: "new group";
  readonly name: Composer;
  /** A room: whoever is on the relay may join. */
  readonly isOpen: boolean;
  /** What is typed to find people. */
  readonly query: Composer;
  readonly members: readonly string[];
  readonly chosen: number;
  readonly isBusy: boolean;
  readonly failure: Failure | undefined;
}

/** A name that belongs to other keys than before: both numbers, and what is to become of it. */
export interface NewKeyScreen {
  readonly kind: "new key";
  readonly name: string;
  readonly change: Loadable<KeyChange>;
  readonly chosen: number;
  readonly isBusy: boolean;
  readonly failure: Failure | undefined;
}

export interface PaletteScreen {
  readonly kind: "palette";
  readonly query: Composer;
  readonly chosen: number;
}

export interface PeopleScreen {
  readonly kind: "people";
  readonly query: Composer;
  /** By name, so that somebody new does not move the choice; the first if nobody was chosen. */
  readonly chosen: string | undefined;
  readonly failure: Failure | undefined;
}

export interface ReactScreen {
  readonly kind: "react";
  readonly key: string;
  readonly query: Composer;
  readonly chosen: number;
}

export interface RelayScreen {
  readonly kind: "relay";
  readonly relay: Loadable<RelayDetails>;
  /** What the doctor has said so far; undefined: it was not asked. */
  readonly checks: Loadable<readonly CheckRow[]> | undefined;
  readonly isChecking: boolean;
  readonly chosen: number;
}

/** Strangers who wrote first. */
export interface RequestsScreen {
  readonly kind: "requests";
  /** By name, so that a new one does not move the choice. */
  readonly chosen: string | undefined;
  readonly failure: Failure | undefined;
}

export interface RoomsScreen {
  readonly kind: "rooms";
  readonly rooms: Loadable<readonly RoomRow[]>;
  readonly query: Composer;
  readonly chosen: string | undefined;
  /** The room that is being joined. */
  readonly joining: string | undefined;
  readonly failure: Failure | undefined;
}

export interface SearchScreen {
  readonly kind: "search";
  readonly query: Composer;
  /** What is being searched for: one search at a time, and after it the newest query. */
  readonly asked: string | undefined;
  /** What was found, or why nothing was, and for which query. */
  readonly found: { readonly query: string; readonly hits: Loadable<readonly SearchHit[]> } | undefined;
  readonly chosen: number;
}

export interface SettingsScreen {
  readonly kind: "settings";
  readonly chosen: number;
}

/** This device leaves the account. */
export interface SignOutScreen {
  readonly kind: "sign out";
  /** `unreachable`: the relay does not answer, so that it could be done here alone. `done`: nothing is left here. */
  readonly stage: "ask" | "words" | "unreachable" | "done";
  /** Whether other devices of the account stay; undefined: that is being looked up. */
  readonly isLast: boolean | undefined;
  readonly words: Composer;
  readonly chosen: number;
  readonly isBusy: boolean;
  readonly failure: Failure | undefined;
}
