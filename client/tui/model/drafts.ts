import { composerWith } from "./composer.ts";
import type { State } from "./state.ts";

/** What another process of this profile wrote last: the composer shows it, and undoing it gives back what was here. */
export function takeDraft(state: State, conversation: string, text: string): State {
  const drafts = new Map(state.drafts);
  if (text === "") drafts.delete(conversation);
  else drafts.set(conversation, text);
  const { open } = state;
  if (open?.name !== conversation) return { ...state, drafts };
  const { purpose, composer } = open;
  // An edit goes on; it is the draft behind it that changed.
  if (purpose.kind === "edit")
    return { ...state, drafts, open: { ...open, purpose: { ...purpose, before: text } } };
  if (composer.text === text) return { ...state, drafts };
  return { ...state, drafts, open: { ...open, composer: composerWith(text, composer) } };
}
