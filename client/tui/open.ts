import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { ChatError } from "../core/chat-error.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../core/profile.ts";
import { type AskPassphrase, unlockProfile } from "../core/unlock-profile.ts";
import { Client } from "./client.ts";
import { readConfig } from "./effects/config.ts";
import { live, perform } from "./effects/index.ts";
import type { Session } from "./effects/session.ts";
import { settingsOf } from "./effects/settings.ts";
import { defaultSettings } from "./model/initial.ts";
import { note } from "./model/notices.ts";
import type { Streams } from "./terminal.ts";

const INTERRUPTED = 130;
/** What goes on at the end gets this long to stop. */
const GRACE_MS = 1_500;

export interface Opening {
  readonly paths: ProfilePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly relay: string | undefined;
  readonly passphrase: AskPassphrase;
  /** Aborts at SIGINT; Ctrl-C is a key here. */
  readonly signal: AbortSignal;
  /** If not, the theme without colours is shown, whichever is set. */
  readonly hasColors: boolean;
}

/** The full-screen client, from its first frame to the exit status. */
export async function openTui(opening: Opening, streams: Streams): Promise<number> {
  const ending = new AbortController();
  const { keymap, mistakes } = readConfig(opening.paths);
  let living: Promise<void> = Promise.resolve();
  const session: Session = {
    ...opening,
    signal: ending.signal,
    profile: await unlockIfThere(opening),
    handOver: (work) => client.handOver(work),
    begin: () => {
      living = live(session, client.tell).catch((error: unknown) => client.fail("live", error));
    },
  };
  const client = new Client(
    streams,
    opening.hasColors,
    {
      me: session.profile?.identity.name ?? "",
      screens: session.profile === undefined ? [{ kind: "wizard" }] : [],
      settings: session.profile === undefined ? defaultSettings : settingsOf(session.profile),
      keymap,
      notices: mistakes.map((text) => note(text, "alarm", Date.now())),
    },
    (effect, tell) => perform(session, effect, tell),
  );
  opening.signal.addEventListener("abort", () => client.end(INTERRUPTED), { once: true });
  if (session.profile !== undefined) session.begin();
  try {
    return await client.ended;
  } finally {
    ending.abort(new ChatError("interrupted", "The client was closed."));
    await Promise.race([living, setTimeout(GRACE_MS, undefined, { ref: false })]);
    if (session.profile !== undefined) closeProfile(session.profile);
  }
}

/** Undefined: there is no account yet. A profile that is there and cannot be opened is an error. */
async function unlockIfThere({ paths, passphrase }: Opening): Promise<Profile | undefined> {
  try {
    return await unlockProfile(paths, passphrase);
  } catch (error) {
    const isUnfinished = error instanceof ChatError && error.code === "not_set_up";
    if (isUnfinished || !existsSync(paths.key)) return undefined;
    throw error;
  }
}
