import { onChange } from "../../store/watch-database.ts";
import type { Profile } from "../profile.ts";

/** Tells at once when anything in the profile has changed, whichever process did it, until the signal aborts. */
export function watchProfile({ db }: Profile, signal: AbortSignal, changed: () => void): void {
  if (signal.aborted) return;
  signal.addEventListener("abort", onChange(db, changed), { once: true });
}
