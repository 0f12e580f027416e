import type { AskPassphrase } from "../../core/account/unlock-profile.ts";
import type { Profile, ProfilePaths } from "../../core/profile.ts";
import type { Notification } from "../notification.ts";
import type { FirstRun } from "./first-run.ts";

/** What effects work with, as long as the client is open. */
export interface Session {
  readonly paths: ProfilePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The relay that was asked for when it was started. */
  readonly relay: string | undefined;
  readonly passphrase: AskPassphrase;
  /** Aborts when the client ends, or its profile does. */
  readonly signal: AbortSignal;
  /** Gives the terminal to another program until `work` is done. */
  readonly handOver: <T>(work: () => Promise<T>) => Promise<T>;
  /** Tells somebody who looks elsewhere. */
  readonly notify: (notification: Notification) => void;
  /** Undefined until there is an account. */
  profile: Profile | undefined;
  /** To be called once there is a profile: what `live` does begins. */
  readonly begin: () => void;
  /** Ends what was begun, and closes the profile: it is about to be erased. */
  readonly leave: () => Promise<void>;
  /** Answers the wizard, where there was none at the start. */
  readonly firstRun: FirstRun | undefined;
}
