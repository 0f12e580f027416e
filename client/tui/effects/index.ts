import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import { check } from "./check.ts";
import {
  close,
  focus,
  markRead,
  mute,
  newer,
  older,
  oldest,
  open,
  reconnect,
  typing,
} from "./conversations.ts";
import { logIn, revokeDevice, signOut } from "./devices.ts";
import type { Doing } from "./doing.ts";
import { followDrafts, saveDraft } from "./drafts.ts";
import { editOutside } from "./editor.ts";
import * as groups from "./groups.ts";
import { loadKeys, rotate } from "./keys.ts";
import { live as liveWith } from "./live-of.ts";
import { edit, pin, putAway, react, remove, send, sendAgain, vote } from "./messages.ts";
import { notify } from "./notify.ts";
import { listPeople } from "./people.ts";
import { loadRelay } from "./relay-details.ts";
import { search } from "./search.ts";
import type { Session } from "./session.ts";
import { saveSetting } from "./settings.ts";
import * as trust from "./trust.ts";

/** What the terminal itself does. */
type OfTerminal = "quit" | "suspend" | "redraw" | "bell" | "copy";

/** By kind; those that are not there yet do nothing. */
const table: { readonly [Kind in Exclude<Effect["kind"], OfTerminal>]?: Doing<Kind> } = {
  accept: groups.accept,
  "accept key": trust.acceptKey,
  "accept person": trust.acceptPerson,
  block: trust.blockPerson,
  check,
  close,
  "create group": groups.createGroup,
  decline: groups.decline,
  delete: remove,
  edit,
  "edit outside": editOutside,
  "load keys": loadKeys,
  "load relay": loadRelay,
  "rotate prekeys": rotate,
  "key change": trust.loadKeyChange,
  "safety number": trust.loadSafetyNumber,
  "first run": ({ firstRun }, { ask }, tell) => firstRun?.ask(ask, tell),
  focus,
  invite: groups.invite,
  "join room": groups.joinRoom,
  leave: groups.leave,
  "list people": listPeople,
  "list rooms": groups.listRooms,
  "load group": groups.loadGroup,
  "log in": logIn,
  "mark read": markRead,
  mute,
  newer,
  notify,
  older,
  oldest,
  open,
  pin,
  policy: groups.policy,
  react,
  reconnect,
  remove: groups.remove,
  rename: groups.rename,
  "revoke device": revokeDevice,
  role: groups.role,
  "put away": putAway,
  "save draft": saveDraft,
  "save setting": saveSetting,
  search,
  send,
  "send again": sendAgain,
  "sign out": signOut,
  typing,
  unblock: trust.unblockPerson,
  verify: trust.verify,
  vote,
};

export function perform(session: Session, effect: Effect, tell: Tell): void | Promise<void> {
  // The table pairs each kind with its own doing, which the compiler cannot follow through an index.
  const doing = table[effect.kind as keyof typeof table] as Doing<Effect["kind"]> | undefined;
  return doing?.(session, effect, tell);
}

/**
 * What happens by itself while there is a profile: what is on the screen at the start, and all that comes from then on.
 * Resolves when the session's signal has aborted and nothing uses the profile any more.
 */
export async function live(session: Session, tell: Tell): Promise<void> {
  if (session.profile !== undefined) followDrafts(session, session.profile, tell);
  await liveWith(session, tell);
}
