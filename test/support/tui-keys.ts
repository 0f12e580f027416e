import type { Loaded } from "../../client/tui/model/data.ts";
import type { Event, Failure } from "../../client/tui/model/event.ts";
import type { State } from "../../client/tui/model/state.ts";
import { update } from "../../client/tui/model/update.ts";
import type { Updated } from "../../client/tui/model/updated.ts";

/** Keys as somebody presses them, one after the other: the state after, and what the last one led to. */
export function press(state: State, ...keys: readonly string[]): Updated {
  return keys.reduce<Updated>(([now], key) => update(now, keyEvent(key)), [state, []]);
}

export function keyEvent(key: string): Event {
  const text = key === "space" ? " " : [...key].length === 1 ? key : "";
  return { kind: "key", key, text };
}

export function answer(state: State, loaded: Loaded): Updated {
  return update(state, { kind: "loaded", loaded });
}

export function done(state: State, effect: string, conversation?: string): Updated {
  return answer(state, { what: "done", effect, conversation, said: undefined });
}

export function refuse(state: State, effect: string, failure: Failure): Updated {
  return update(state, { kind: "failed", effect, failure });
}

export function click(state: State, index: number): Updated {
  return update(state, { kind: "click", target: { kind: "item", index } });
}
