import { nobodyYet } from "./directory.ts";
import { defaultKeymap } from "./keymap.ts";
import type { Settings } from "./settings.ts";
import type { State } from "./state.ts";

export const defaultSettings: Settings = {
  theme: "dark",
  mouse: true,
  bell: true,
  notifyContent: false,
  receipts: true,
  typing: true,
  presence: true,
  requests: true,
};

/** Before anything was loaded. */
export function initialState(
  known: Pick<State, "columns" | "rows" | "now" | "me" | "screens"> & Partial<State>,
): State {
  return {
    hasFocus: true,
    connection: { state: "starting", why: undefined, queued: 0 },
    conversations: [],
    hasAllConversations: false,
    requests: [],
    blocked: [],
    open: undefined,
    last: undefined,
    isEntering: false,
    pane: "composer",
    listCursor: undefined,
    directory: nobodyYet,
    present: new Set(),
    typing: new Map(),
    drafts: new Map(),
    notices: [],
    settings: defaultSettings,
    keymap: defaultKeymap(),
    ...known,
  };
}
