import type { Composer } from "./composer.ts";
import type { Connection, ConversationHead, ConversationRow, Entry, RequestRow } from "./data.ts";
import type { Directory } from "./directory.ts";
import type { Failure } from "./event.ts";
import type { Keymap } from "./keymap.ts";
import type { Screen } from "./screens/screen.ts";
import type { Settings } from "./settings.ts";

export type { ThemeName } from "./settings.ts";

/** Everything that is on the screen, or is needed to draw it. */
export interface State {
  readonly columns: number;
  readonly rows: number;
  /** Whether the terminal has the focus: only then is anything read. */
  readonly hasFocus: boolean;
  /** Milliseconds since 1970, to the minute or so. */
  readonly now: number;
  readonly me: string;
  readonly connection: Connection;
  /** As the list shows them. */
  readonly conversations: readonly ConversationRow[];
  /** Whether all of them are there: at the start the first come alone. */
  readonly hasAllConversations: boolean;
  /** Strangers who wait for an answer, the newest first: none of them is among the conversations. */
  readonly requests: readonly RequestRow[];
  /** Names of those of whom nothing is shown. */
  readonly blocked: readonly string[];
  readonly open: OpenConversation | undefined;
  /** The conversation before this one, for `last conversation`. */
  readonly last: string | undefined;
  /** `/join` or `/accept` was written: it leads to the group, unless one goes elsewhere first. */
  readonly isEntering: boolean;
  /** Where the keys go while no screen is on top. */
  readonly pane: "conversations" | "transcript" | "composer";
  /** The row that the list's cursor is on, while it has the keys; `REQUESTS`: the one that leads to them. */
  readonly listCursor: string | undefined;
  readonly directory: Directory;
  /** Present people, and who is typing where. */
  readonly present: ReadonlySet<string>;
  readonly typing: ReadonlyMap<string, readonly string[]>;
  /** Texts not sent, of conversations that are not on the screen. */
  readonly drafts: ReadonlyMap<string, string>;
  /** What lies over the conversation; the last is on top. */
  readonly screens: readonly Screen[];
  readonly notices: readonly Notice[];
  readonly settings: Settings;
  readonly keymap: Keymap;
}

export interface OpenConversation {
  readonly name: string;
  readonly head: ConversationHead | undefined;
  /** Oldest first; a window into all of it. */
  readonly entries: readonly Entry[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly isLoading: boolean;
  /** What the window shows: the end, or the entry at its upper edge; `above` is explained with `Anchor`. */
  readonly anchor:
    | { readonly kind: "end" }
    | { readonly kind: "top"; readonly key: string; readonly above: number };
  /** The chosen message, while the transcript has the keys. */
  readonly selected: string | undefined;
  /** The first entry that was unread when it was opened: the "new" line stands before it. */
  readonly newFrom: string | undefined;
  readonly composer: Composer;
  readonly purpose: Purpose;
}

/** What enter does with the text. */
export type Purpose =
  | { readonly kind: "message" }
  | {
      readonly kind: "reply";
      readonly id: string;
      readonly key: string;
      readonly from: string;
      readonly text: string;
    }
  /** `before`: the draft to come back to. */
  | { readonly kind: "edit"; readonly id: string; readonly key: string; readonly before: string };

/** A line over the status bar. Alarms stay until they are dismissed by `back`; others lapse. */
export interface Notice {
  readonly text: string;
  readonly hint: string | undefined;
  readonly gravity: "note" | "error" | "alarm";
  readonly at: number;
}

export function noticeOf({ message, hint }: Failure, now: number): Notice {
  return { text: message, hint, gravity: "error", at: now };
}
