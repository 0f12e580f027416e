import type { Behaviour } from "./behaviour.ts";
import type { ReactScreen } from "./screen.ts";

export const react: Behaviour<ReactScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
