import type { Behaviour } from "./behaviour.ts";
import type { NewGroupScreen } from "./screen.ts";

export const newGroup: Behaviour<NewGroupScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
