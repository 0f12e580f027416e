import { failed, loaded, loading, valueIn } from "../loadable.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { stepOf, within } from "./moving.ts";
import type { RelayScreen } from "./screen.ts";

export const theRelay: RelayScreen = { kind: "relay", relay: loading, chosen: 0 };

/** The first item connects and asks again; the findings are there to be read. */
export const relay: Behaviour<RelayScreen> = {
  contexts: () => ["list"],
  run(screen, command) {
    const by = stepOf(command);
    const count = 1 + (valueIn(screen.relay)?.findings.length ?? 0);
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, count) } };
    return command === "choose" ? choose(screen, screen.chosen) : undefined;
  },
  type: (screen) => ({ screen }),
  choose,
  take: (screen, answer) =>
    answer.what === "relay" ? { screen: { ...screen, relay: loaded(answer.relay) } } : undefined,
  fail: (screen, effect, failure) =>
    effect === "load relay" ? { ...screen, relay: failed(screen.relay, failure) } : undefined,
};

function choose(screen: RelayScreen, index: number): Step<RelayScreen> {
  if (index > 0) return { screen: { ...screen, chosen: index } };
  return { screen: { ...screen, chosen: 0 }, effects: [{ kind: "reconnect" }, { kind: "load relay" }] };
}
