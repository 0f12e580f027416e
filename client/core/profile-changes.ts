import { changeMarker } from "../store/database.ts";
import type { Profile } from "./profile.ts";

const LOOK_EVERY_MS = 250;

/** Tells soon after anything in the profile has changed, whichever process did it, until the signal aborts. */
export function watchProfile({ db }: Profile, signal: AbortSignal, changed: () => void): void {
  let marker = changeMarker(db);
  const timer = setInterval(() => {
    const now = changeMarker(db);
    if (now === marker) return;
    marker = now;
    changed();
  }, LOOK_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
