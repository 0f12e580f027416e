import type { Behaviour } from "./behaviour.ts";
import type { MessageScreen } from "./screen.ts";

export const message: Behaviour<MessageScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
