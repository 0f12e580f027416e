import type { Offers } from "./menu.ts";
import type { State } from "./state.ts";

/** Whom and what one can name in the conversation on the screen. */
export function offersOf({ open, conversations, me }: State): Offers {
  return {
    get names() {
      const people = conversations.filter(({ kind }) => kind === "dm").map(({ name }) => name);
      const all = [...(open?.head?.members ?? []), ...people].map((name) => name.replace(/^@/, ""));
      return [...new Set(all)].filter((name) => name !== me);
    },
    get conversations() {
      return conversations.map(({ name }) => name);
    },
  };
}
