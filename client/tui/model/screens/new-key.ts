import type { Effect } from "../effect.ts";
import { failed, loaded, loading } from "../loadable.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { blocking } from "./confirm.ts";
import { stepOf, within } from "./moving.ts";
import type { NewKeyScreen } from "./screen.ts";

/** The old and the new number of somebody who has other keys now. */
export function newKey(name: string): {
  readonly screen: NewKeyScreen;
  readonly effects: readonly Effect[];
} {
  const screen: NewKeyScreen = {
    kind: "new key",
    name,
    change: loading,
    chosen: 0,
    isBusy: false,
    failure: undefined,
  };
  return { screen, effects: [{ kind: "key change", name }] };
}

/** Nothing first: what cannot be judged now can wait. */
export const newKeyAnswers = ["later", "same", "accept", "block"] as const;

export const newKeys: Behaviour<NewKeyScreen> = {
  contexts: () => ["list"],
  run(screen, command) {
    const by = stepOf(command);
    if (by !== undefined) {
      return { screen: { ...screen, chosen: within(screen.chosen + by, newKeyAnswers.length) } };
    }
    if (command !== "choose") return undefined;
    return screen.change.kind === "failed" ? newKey(screen.name) : choose(screen, screen.chosen);
  },
  type: (screen) => ({ screen }),
  choose,
  take(screen, answer) {
    if (answer.what === "key change" && answer.change.with === screen.name)
      return { screen: { ...screen, change: loaded(answer.change) } };
    if (answer.what !== "done" || answer.effect !== "accept key") return undefined;
    // Under the same name there is another conversation now.
    const conversation = answer.conversation ?? screen.name;
    return { screen: "close", effects: [{ kind: "open", conversation }], goTo: { conversation } };
  },
  fail(screen, effect, failure) {
    if (effect === "key change") return { ...screen, change: failed(screen.change, failure) };
    return effect === "accept key" ? { ...screen, isBusy: false, failure } : undefined;
  },
};

function choose(screen: NewKeyScreen, index: number): Step<NewKeyScreen> {
  const here = { ...screen, chosen: index, failure: undefined };
  const { name } = screen;
  if (screen.isBusy || screen.change.kind !== "loaded") return { screen: here };
  const { now: number } = screen.change.value;
  switch (newKeyAnswers[index]) {
    case "later":
      return { screen: "close" };
    case "same":
      return {
        screen: { ...here, isBusy: true },
        effects: [{ kind: "accept key", name, number, isVerified: true }],
      };
    case "accept":
      return {
        screen: { ...here, isBusy: true },
        effects: [{ kind: "accept key", name, number, isVerified: false }],
      };
    case "block":
      return { screen: here, over: blocking(name) };
    default:
      return { screen: here };
  }
}
