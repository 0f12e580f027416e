import type { Updated } from "./updated.ts";

/** Marks read what is on the screen of a terminal that has the focus. */
export function afterReading(updated: Updated): Updated {
  return updated;
}
