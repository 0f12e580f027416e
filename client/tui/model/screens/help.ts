import type { Behaviour } from "./behaviour.ts";
import type { HelpScreen } from "./screen.ts";

export const help: Behaviour<HelpScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
