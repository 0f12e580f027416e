import type { Behaviour } from "./behaviour.ts";
import type { WizardScreen } from "./screen.ts";

export const wizard: Behaviour<WizardScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
