import type { Behaviour } from "./behaviour.ts";
import type { RoomsScreen } from "./screen.ts";

export const rooms: Behaviour<RoomsScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
