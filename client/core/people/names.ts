import { ChatError } from "../chat-error.ts";

/** `@Alice` is `alice`. */
export function foldName(given: string): string {
  return given.replace(/^@/, "").toLowerCase();
}

export function badName(given: string): ChatError {
  return new ChatError("bad_name", `"${given}" cannot be a name.`, {
    hint: "Names have 3 to 32 of the characters a-z 0-9 _ . and -.",
  });
}
