import type { Behaviour } from "./behaviour.ts";
import type { SearchScreen } from "./screen.ts";

export const search: Behaviour<SearchScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
