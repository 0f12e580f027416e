import type { CommandName } from "./command.ts";

/** A text that is being written. */
export interface Composer {
  readonly text: string;
  /** Where the next character goes: an offset in UTF-16 units, at the edge of a grapheme. */
  readonly cursor: number;
}

/** What can be completed, and the own messages that can be called back, newest first. */
export interface Completions {
  readonly names: readonly string[];
  readonly history: readonly string[];
}

export const emptyComposer: Composer = { text: "", cursor: 0 };

export function composerWith(text: string): Composer {
  return { text, cursor: text.length };
}

/** Inserts at the cursor; also what was pasted. */
export function typeText(composer: Composer, text: string): Composer {
  const { text: before, cursor } = composer;
  return { text: before.slice(0, cursor) + text + before.slice(cursor), cursor: cursor + text.length };
}

/** The same composer for a command that is not one of its own. */
export function runComposer(
  composer: Composer,
  _command: CommandName | { readonly replaceWith: string },
  _completions: Completions,
): Composer {
  return composer;
}
