import { failed, loaded, loading } from "../loadable.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { personDetails } from "./details.ts";
import { stepOf, within } from "./moving.ts";
import type { KeysScreen } from "./screen.ts";

export const ownKeys: KeysScreen = {
  kind: "keys",
  keys: loading,
  chosen: 0,
  isRotating: false,
  failure: undefined,
};

export type KeysItem = { readonly kind: "rotate" } | { readonly kind: "person"; readonly name: string };

/** What can be chosen: to rotate, and everybody there is a conversation with, for his safety number. */
export function keysItems({ conversations }: State): readonly KeysItem[] {
  const names = conversations.filter(({ kind }) => kind === "dm").map(({ name }) => name);
  return [{ kind: "rotate" }, ...names.sort().map((name) => ({ kind: "person", name }) as const)];
}

export const keys: Behaviour<KeysScreen> = {
  contexts: () => ["list"],
  run(screen, command, state) {
    const count = keysItems(state).length;
    const by = stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, count) } };
    if (command !== "choose") return undefined;
    return screen.keys.kind === "failed"
      ? again(screen)
      : choose(screen, within(screen.chosen, count), state);
  },
  type: (screen) => ({ screen }),
  choose,
  take(screen, answer) {
    if (answer.what === "keys") return { screen: { ...screen, keys: loaded(answer.keys) } };
    if (answer.what !== "done" || answer.effect !== "rotate prekeys") return undefined;
    return { screen: { ...screen, isRotating: false }, effects: [{ kind: "load keys" }] };
  },
  fail(screen, effect, failure) {
    if (effect === "load keys") return { ...screen, keys: failed(screen.keys, failure) };
    return effect === "rotate prekeys" ? { ...screen, isRotating: false, failure } : undefined;
  },
};

function choose(screen: KeysScreen, index: number, state: State): Step<KeysScreen> {
  const item = keysItems(state)[index];
  if (item === undefined) return { screen };
  const here = { ...screen, chosen: index };
  if (item.kind === "person") {
    const { screen: over, effects } = personDetails(item.name);
    return { screen: here, over, effects };
  }
  if (screen.isRotating) return { screen: here };
  return {
    screen: { ...here, isRotating: true, failure: undefined },
    effects: [{ kind: "rotate prekeys" }],
  };
}

function again(screen: KeysScreen): Step<KeysScreen> {
  return { screen: { ...screen, keys: loading }, effects: [{ kind: "load keys" }] };
}
