import { barrierOf, isPerson, requestCalled } from "./barrier.ts";
import { rowOf } from "./conversation-list.ts";
import { said } from "./notices.ts";
import { blocking, invitation } from "./screens/confirm.ts";
import { newKey } from "./screens/new-key.ts";
import type { ConfirmScreen } from "./screens/screen.ts";
import type { State } from "./state.ts";
import type { Updated } from "./updated.ts";

type Decision = "accept" | "block" | "unblock";

/** What is decided about somebody: whom the conversation on the screen is with, unless another one is named. */
export function decide(state: State, what: Decision, name = state.open?.name): Updated {
  if (name === undefined) return [said(state, "Open a conversation first."), []];
  const request = requestCalled(state, name);
  if (what === "accept" && request?.kind === "group") return over(state, invitation(name, request.from));
  if (what === "accept" && rowOf(state, name)?.standing === "invited")
    return over(state, invitation(name, rowOf(state, name)?.invitedBy));
  if (!isPerson(state, name)) return [said(state, "Only people are accepted and blocked."), []];
  const barrier = state.open?.name === name ? barrierOf(state) : undefined;
  switch (what) {
    case "accept":
      if (barrier === "new key") {
        const { screen, effects } = newKey(name);
        return [{ ...state, screens: [...state.screens, screen] }, effects];
      }
      if (request !== undefined || barrier === "request") return [state, [{ kind: "accept person", name }]];
      if (barrier === "blocked") return [state, [{ kind: "unblock", name }]];
      return [said(state, `${name} is no stranger.`), []];
    case "block":
      return barrier === "blocked"
        ? [said(state, `${name} is blocked already.`), []]
        : over(state, blocking(name));
    case "unblock":
      return [state, [{ kind: "unblock", name }]];
  }
}

function over(state: State, screen: ConfirmScreen): Updated {
  return [{ ...state, screens: [...state.screens, screen] }, []];
}
