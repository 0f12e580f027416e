import { failed, loaded, loading, valueIn } from "../loadable.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { asking } from "./confirm.ts";
import { personDetails } from "./details.ts";
import { stepOf, within } from "./moving.ts";
import type { KeysScreen } from "./screen.ts";
import { signingOut } from "./sign-out.ts";

export const ownKeys: KeysScreen = {
  kind: "keys",
  keys: loading,
  chosen: 0,
  isRotating: false,
  failure: undefined,
};

export type KeysItem =
  | { readonly kind: "device"; readonly id: string; readonly isThis: boolean; readonly since: number }
  | { readonly kind: "rotate" }
  | { readonly kind: "person"; readonly name: string };

/** What can be chosen: to rotate, the devices, and everybody there is a conversation with, for his safety number. */
export function keysItems({ keys }: KeysScreen, { conversations }: State): readonly KeysItem[] {
  const devices = valueIn(keys)?.devices ?? [];
  const names = conversations.filter(({ kind }) => kind === "dm").map(({ name }) => name);
  return [
    { kind: "rotate" },
    ...devices.map((device): KeysItem => ({ kind: "device", ...device })),
    ...names.sort().map((name) => ({ kind: "person", name }) as const),
  ];
}

export const keys: Behaviour<KeysScreen> = {
  contexts: () => ["list"],
  run(screen, command, state) {
    const count = keysItems(screen, state).length;
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
    if (answer.what !== "done") return undefined;
    if (answer.effect === "rotate prekeys")
      return { screen: { ...screen, isRotating: false }, effects: [{ kind: "load keys" }] };
    if (answer.effect !== "revoke device") return undefined;
    return { screen: { ...screen, failure: undefined }, effects: [{ kind: "load keys" }] };
  },
  fail(screen, effect, failure) {
    if (effect === "load keys") return { ...screen, keys: failed(screen.keys, failure) };
    if (effect === "revoke device") return { ...screen, failure };
    return effect === "rotate prekeys" ? { ...screen, isRotating: false, failure } : undefined;
  },
};

function choose(screen: KeysScreen, index: number, state: State): Step<KeysScreen> {
  const item = keysItems(screen, state)[index];
  if (item === undefined) return { screen };
  const here = { ...screen, chosen: index };
  if (item.kind === "person") {
    const { screen: over, effects } = personDetails(item.name);
    return { screen: here, over, effects };
  }
  if (item.kind === "device") return device(here, item);
  if (screen.isRotating) return { screen: here };
  return {
    screen: { ...here, isRotating: true, failure: undefined },
    effects: [{ kind: "rotate prekeys" }],
  };
}

function device(screen: KeysScreen, item: Extract<KeysItem, { kind: "device" }>): Step<KeysScreen> {
  if (item.isThis) return { screen, over: signingOut, effects: [{ kind: "load keys" }] };
  const question = `Revoke the device ${shortId(item.id)}?`;
  const detail =
    "It is signed out at once and gets nothing that is written from then on; what is on it stays there. To come back it needs your password and your recovery words.";
  const over = asking(question, detail, "Revoke", [{ kind: "revoke device", id: item.id }]);
  return { screen: { ...screen, failure: undefined }, over };
}

/** Of a device's id: nobody compares more by eye, and `chat devices` has all of it. */
export function shortId(id: string): string {
  return id.slice(0, 16).replace(/.{4}(?=.)/g, "$& ");
}

function again(screen: KeysScreen): Step<KeysScreen> {
  return { screen: { ...screen, keys: loading }, effects: [{ kind: "load keys" }] };
}
