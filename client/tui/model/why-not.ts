import { barrierOf, barrierText } from "./barrier.ts";
import type { State } from "./state.ts";

/** Why nothing can be written in the conversation on the screen, one sentence; undefined where it can. */
export function whyNot(state: State): string | undefined {
  const { open, conversations, connection } = state;
  const barrier = barrierOf(state);
  if (barrier !== undefined && open !== undefined) return barrierText(barrier, open.name);
  if (connection.state === "signed out") return "This device is signed out: nothing is sent from it.";
  if (open?.head?.trust?.isFormer === true)
    return "Nothing is sent to the keys before: this is there to be read.";
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
