import type { Behaviour } from "./behaviour.ts";
import type { RelayScreen } from "./screen.ts";

export const relay: Behaviour<RelayScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
