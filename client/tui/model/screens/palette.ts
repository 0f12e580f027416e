import type { Behaviour } from "./behaviour.ts";
import type { PaletteScreen } from "./screen.ts";

export const palette: Behaviour<PaletteScreen> = {
  contexts: () => ["list"],
  run: () => undefined,
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};
