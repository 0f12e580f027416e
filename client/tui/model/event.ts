import type { CommandName } from "./command.ts";
import type { ChatData, Loaded } from "./data.ts";

/** A key as the keymap writes it: `a`, `A`, `enter`, `esc`, `ctrl-p`, `alt-a`, `shift-tab`, `pageup`, `f1`. */
export type KeyName = string;

/** What a click is on. */
export type Target =
  | { readonly kind: "conversation"; readonly name: string }
  | { readonly kind: "message"; readonly key: string }
  | { readonly kind: "composer"; readonly offset: number }
  /** An item of the list on top, by its place. */
  | { readonly kind: "item"; readonly index: number }
  | { readonly kind: "command"; readonly command: CommandName };

/** All that happens to the model. */
export type Event =
  /** `text`: what it would insert; empty for keys that insert nothing. */
  | { readonly kind: "key"; readonly key: KeyName; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: "click"; readonly target: Target }
  | { readonly kind: "wheel"; readonly target: Target | undefined; readonly lines: number }
  | { readonly kind: "command"; readonly command: CommandName }
  | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
  | { readonly kind: "focus"; readonly has: boolean }
  /** About once a minute, and when something on the screen lapses. Milliseconds since 1970. */
  | { readonly kind: "time"; readonly now: number }
  /** What effects found. */
  | { readonly kind: "loaded"; readonly loaded: Loaded }
  | { readonly kind: "failed"; readonly effect: string; readonly failure: Failure }
  /** From the profile and the connection, whichever process brought it about. */
  | { readonly kind: "chat"; readonly data: ChatData };

/** As an error of the command line: a sentence and what to do next. Safe for the terminal. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}
