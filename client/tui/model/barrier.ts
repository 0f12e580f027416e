import type { RequestRow } from "./data.ts";
import type { State } from "./state.ts";

/** Why nothing is written to somebody before it is decided what he is to one. */
export type Barrier = "request" | "blocked" | "new key";

/** Of the conversation on the screen; undefined: there is none. */
export function barrierOf(state: State): Barrier | undefined {
  const { open } = state;
  if (open === undefined) return undefined;
  const { head, name } = open;
  if (head === undefined) return requestCalled(state, name)?.kind === "person" ? "request" : undefined;
  const { trust } = head;
  if (trust === undefined) return undefined;
  if (trust.isChanged) return "new key";
  if (trust.standing === "blocked") return "blocked";
  // Whoever writes to somebody has accepted him: a name that nothing came from is no request.
  const hasWritten = requestCalled(state, name) !== undefined;
  return trust.standing === "stranger" && hasWritten ? "request" : undefined;
}

export function requestCalled({ requests }: State, name: string): RequestRow | undefined {
  return requests.find((request) => request.name === name);
}

/** What it is about, in a sentence or two. */
export function barrierText(barrier: Barrier, name: string): string {
  const who = name.replace(/^@/, "");
  switch (barrier) {
    case "request":
      return `${who} is new to you and does not hear whether you read this.`;
    case "blocked":
      return `You have blocked ${who}: nothing more is shown, and ${who} is not told.`;
    case "new key":
      return `STOP: ${who} has other keys than before. Nothing is sent until you have looked at them.`;
  }
}

/** Whether somebody is a person here, and so can be accepted or blocked. */
export function isPerson(state: State, name: string): boolean {
  const row = state.conversations.find((each) => each.name === name);
  const kind = row?.kind ?? (state.open?.name === name ? state.open.head?.kind : undefined);
  return (kind ?? "dm") === "dm" && requestCalled(state, name)?.kind !== "group";
}
