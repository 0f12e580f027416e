import type { Behaviour } from "./behaviour.ts";
import type { DetailsScreen } from "./screen.ts";

export const details: Behaviour<DetailsScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
