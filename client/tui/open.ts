import { ChatError } from "../core/chat-error.ts";
import { explainFailure } from "../core/explain-failure.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../core/profile.ts";
import { type AskPassphrase, unlockProfile } from "../core/unlock-profile.ts";
import { Client } from "./client.ts";
import { begin, perform } from "./effects/index.ts";
import type { Session } from "./effects/session.ts";
import type { Streams } from "./terminal.ts";

const INTERRUPTED = 130;

export interface Opening {
  readonly paths: ProfilePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly relay: string | undefined;
  readonly passphrase: AskPassphrase;
  /** Aborts at SIGINT; Ctrl-C is a key here. */
  readonly signal: AbortSignal;
}

/** The full-screen client, from its first frame to the exit status. */
export async function openTui(opening: Opening, streams: Streams): Promise<number> {
  const ending = new AbortController();
  const session: Session = {
    ...opening,
    signal: ending.signal,
    profile: await unlockIfThere(opening),
    handOver: (work) => client.handOver(work),
  };
  const client = new Client(
    streams,
    {
      me: session.profile?.identity.name ?? "",
      screens: session.profile === undefined ? [{ kind: "wizard" }] : [],
    },
    (effect, tell) => perform(session, effect, tell),
  );
  opening.signal.addEventListener("abort", () => client.end(INTERRUPTED), { once: true });
  if (session.profile !== undefined) void begin(session, client.tell);
  try {
    return await client.ended;
  } finally {
    ending.abort(new ChatError("interrupted", "The client was closed."));
    if (session.profile !== undefined) closeProfile(session.profile);
  }
}

/** Undefined: there is no account yet. */
async function unlockIfThere({ paths, passphrase }: Opening): Promise<Profile | undefined> {
  try {
    return await unlockProfile(paths, passphrase);
  } catch (error) {
    if (explainFailure(error).code === "not_set_up") return undefined;
    throw error;
  }
}
