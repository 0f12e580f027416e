import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { Doing } from "./doing.ts";
import { followDrafts, saveDraft } from "./drafts.ts";
import { editOutside } from "./editor.ts";
import { loadKeys, loadSafetyNumber, rotate } from "./keys.ts";
import { loadRelay } from "./relay-details.ts";
import type { Session } from "./session.ts";
import { saveSetting } from "./settings.ts";

/** What the terminal itself does. */
type OfTerminal = "quit" | "suspend" | "redraw" | "bell" | "copy";

/** By kind; those that are not there yet do nothing. */
const table: { readonly [Kind in Exclude<Effect["kind"], OfTerminal>]?: Doing<Kind> } = {
  "edit outside": editOutside,
  "load keys": loadKeys,
  "load relay": loadRelay,
  "rotate prekeys": rotate,
  "safety number": loadSafetyNumber,
  "save draft": saveDraft,
  "save setting": saveSetting,
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
}
