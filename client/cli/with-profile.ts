import { signedOutHere } from "../core/account/signed-out.ts";
import { unlockProfile } from "../core/account/unlock-profile.ts";
import { explainFailure } from "../core/explain-failure.ts";
import { expireMessages } from "../core/messages/expire-messages.ts";
import { profilePaths } from "../core/paths.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../core/profile.ts";
import type { Context } from "./context.ts";
import { reportError } from "./report-error.ts";
import { Findings } from "./report-findings.ts";
import { profilePassphrase } from "./secrets.ts";

export function pathsOf(context: Context): ProfilePaths {
  return profilePaths(context.environment, context.profileName);
}

/**
 * Opens the profile for the time of `work`. What was noticed meanwhile is said at the end at the latest, and an alarm is
 * how the command ends, however else it went: exit 76.
 */
export async function withProfile<T>(
  context: Context,
  work: (profile: Profile, findings: Findings) => Promise<T>,
): Promise<T> {
  const profile = await unlockProfile(pathsOf(context), () => profilePassphrase(context));
  try {
    const findings = new Findings(profile, context.output);
    expireMessages(profile);
    const [outcome] = await Promise.allSettled([work(profile, findings)]);
    const failure =
      outcome.status === "rejected" ? (signedOutHere(profile, outcome.reason) ?? outcome.reason) : undefined;
    const alarm = findings.report(failure);
    if (alarm !== undefined && failure !== undefined) {
      reportError(context.output, explainFailure(failure), false);
    }
    if (alarm !== undefined) throw alarm;
    if (outcome.status === "rejected") throw failure;
    return outcome.value;
  } finally {
    closeProfile(profile);
  }
}
