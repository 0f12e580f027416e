import type { ProfilePaths } from "../core/profile.ts";
import type { Context } from "./context.ts";
import { profilePassphrase } from "./secrets.ts";
import { pathsOf } from "./with-profile.ts";

/** What the full-screen client is opened with; it knows nothing of the command line. */
export interface Opening {
  readonly paths: ProfilePaths;
  readonly environment: Context["environment"];
  readonly relay: string | undefined;
  readonly passphrase: () => Promise<string | undefined>;
  readonly signal: AbortSignal;
  readonly hasColors: boolean;
}

export function openingOf(context: Context): Opening {
  const { environment, relay, signal, output } = context;
  return {
    paths: pathsOf(context),
    environment,
    relay,
    // It asks for what is in no file itself.
    passphrase: async () => (environment["CHAT_PASSPHRASE_FILE"] ? profilePassphrase(context) : undefined),
    signal,
    hasColors: output.hasColors,
  };
}
