import type { Behaviour } from "./behaviour.ts";
import type { SettingsScreen } from "./screen.ts";

export const settings: Behaviour<SettingsScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
