import type { Behaviour } from "./behaviour.ts";
import type { KeysScreen } from "./screen.ts";

export const keys: Behaviour<KeysScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
