import type { Behaviour } from "./behaviour.ts";
import type { PeopleScreen } from "./screen.ts";

export const people: Behaviour<PeopleScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
