import type { State } from "./state.ts";

/** Why nothing can be written in the conversation on the screen, one sentence; undefined where it can. */
export function whyNot({ open, conversations }: State): string | undefined {
  const row = conversations.find(({ name }) => name === open?.name);
  switch (row?.standing) {
    case "left":
      return "You left this conversation.";
    case "removed":
      return "You were removed from this conversation.";
    case "invited":
      return "You are invited: /accept joins, /decline does not.";
    default:
      return open?.head?.canPost === false ? "Only admins write here." : undefined;
  }
}
