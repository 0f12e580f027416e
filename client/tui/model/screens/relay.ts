import { failed, loaded, loading, valueIn } from "../loadable.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { stepOf, within } from "./moving.ts";
import type { RelayScreen } from "./screen.ts";

export const theRelay: RelayScreen = {
  kind: "relay",
  relay: loading,
  checks: undefined,
  isChecking: false,
  chosen: 0,
};

/** The same with the checks under way. */
export const checkedRelay: RelayScreen = { ...theRelay, checks: loading, isChecking: true, chosen: 1 };

/** What can be done here; after it come findings, there to be read. */
const ACTIONS = 2;

/** The first item connects and asks again, the second checks everything. */
export const relay: Behaviour<RelayScreen> = {
  contexts: () => ["list"],
  run(screen, command) {
    const by = stepOf(command);
    const count = ACTIONS + (valueIn(screen.relay)?.findings.length ?? 0);
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, count) } };
    return command === "choose" ? choose(screen, screen.chosen) : undefined;
  },
  type: (screen) => ({ screen }),
  choose,
  take(screen, answer) {
    if (answer.what === "relay") return { screen: { ...screen, relay: loaded(answer.relay) } };
    if (answer.what !== "checks") return undefined;
    return { screen: { ...screen, checks: loaded(answer.checks), isChecking: !answer.isWhole } };
  },
  fail(screen, effect, failure) {
    if (effect === "load relay") return { ...screen, relay: failed(screen.relay, failure) };
    if (effect !== "check") return undefined;
    return { ...screen, checks: { kind: "failed", failure }, isChecking: false };
  },
};

function choose(screen: RelayScreen, index: number): Step<RelayScreen> {
  const here = { ...screen, chosen: index };
  if (index === 0) return { screen: here, effects: [{ kind: "reconnect" }, { kind: "load relay" }] };
  if (index !== 1 || screen.isChecking) return { screen: here };
  return { screen: { ...here, checks: loading, isChecking: true }, effects: [{ kind: "check" }] };
}
