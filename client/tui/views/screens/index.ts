import type { Line } from "../../model/line.ts";
import type { Screen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { confirmLines } from "./confirm.ts";
import { detailsLines } from "./details.ts";
import { helpLines } from "./help.ts";
import { inviteLines } from "./invite.ts";
import { keysLines } from "./keys.ts";
import { logInLines } from "./log-in.ts";
import { messageScreenLines } from "./message.ts";
import { newGroupLines } from "./new-group.ts";
import { newKeyLines } from "./new-key.ts";
import { paletteLines } from "./palette.ts";
import { peopleLines } from "./people.ts";
import { reactLines } from "./react.ts";
import { relayLines } from "./relay.ts";
import { requestsLines } from "./requests.ts";
import { roomsLines } from "./rooms.ts";
import { searchLines } from "./search.ts";
import { settingsLines } from "./settings.ts";
import { signOutLines } from "./sign-out.ts";
import { wizardLines } from "./wizard.ts";

type View<S extends Screen> = (screen: S, state: State, width: number, height: number) => readonly Line[];

const views: { readonly [Kind in Screen["kind"]]?: View<Extract<Screen, { kind: Kind }>> } = {
  confirm: (screen, _state, width, height) => confirmLines(screen, width, height),
  details: detailsLines,
  help: helpLines,
  invite: inviteLines,
  keys: keysLines,
  "log in": logInLines,
  message: messageScreenLines,
  "new group": newGroupLines,
  "new key": newKeyLines,
  palette: paletteLines,
  people: peopleLines,
  react: reactLines,
  relay: relayLines,
  requests: requestsLines,
  rooms: roomsLines,
  search: searchLines,
  settings: settingsLines,
  "sign out": signOutLines,
  wizard: wizardLines,
};

/** At most so many lines, each as wide as that at most. */
export function screenLines(screen: Screen, state: State, width: number, height: number): readonly Line[] {
  // The table pairs each kind with its own view, which the compiler cannot follow through an index.
  const view = views[screen.kind] as View<Screen> | undefined;
  return view?.(screen, state, width, height) ?? [];
}
