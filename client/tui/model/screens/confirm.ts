import type { Behaviour } from "./behaviour.ts";
import type { ConfirmScreen } from "./screen.ts";

export const confirm: Behaviour<ConfirmScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
