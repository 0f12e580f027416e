import { setImmediate } from "node:timers/promises";
import type { Check } from "../../core/doctor/check.ts";
import { checkFolder } from "../../core/doctor/check-folder.ts";
import { checkProfile } from "../../core/doctor/check-profile.ts";
import { checkRelay } from "../../core/doctor/check-relay.ts";
import type { Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import type { CheckRow } from "../model/data.ts";
import type { Doing } from "./doing.ts";

/** As `chat doctor`, on the profile that is open; what was found so far is shown while the rest is looked at. */
export const check: Doing<"check"> = async ({ profile, relay, signal }, _effect, tell) => {
  if (profile === undefined) return;
  const checks: CheckRow[] = [];
  const show = (isWhole: boolean) =>
    tell({ kind: "loaded", loaded: { what: "checks", checks: [...checks], isWhole } });
  for await (const found of examined(profile, relay)) {
    if (signal.aborted) return;
    checks.push(rowOf(found));
    show(false);
    await setImmediate();
  }
  show(true);
};

async function* examined(profile: Profile, relay: string | undefined): AsyncGenerator<Check> {
  yield* checkFolder(profile.paths);
  yield* checkProfile(profile);
  yield* checkRelay(profile, relay);
}

function rowOf({ name, ok, detail, hint }: Check): CheckRow {
  return {
    name,
    isGood: ok,
    detail: safeText(detail),
    hint: hint === null ? undefined : safeText(hint),
  };
}
