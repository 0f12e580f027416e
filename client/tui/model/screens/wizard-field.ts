import { type Composer, composerWith } from "../composer.ts";

/**
 * A field with a text inserted as it is: in a password a `:name:` is no emoji. Line ends that were pasted with it go; a
 * text of several lines becomes one.
 */
export function withTyped(field: Composer, text: string): Composer {
  const line = text
    .replace(/^[\r\n]+|[\r\n]+$/g, "")
    .replaceAll(/\s/g, " ")
    .slice(0, MAX_LENGTH);
  const { text: before, cursor } = field;
  if (before.length + line.length > MAX_LENGTH) return field;
  const after = composerWith(before.slice(0, cursor) + line + before.slice(cursor), field);
  return { ...after, cursor: cursor + line.toWellFormed().length };
}

const MAX_LENGTH = 1_024;
