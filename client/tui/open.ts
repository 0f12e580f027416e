import { setTimeout } from "node:timers/promises";
import { ChatError } from "../core/chat-error.ts";
import { closeProfile, type ProfilePaths } from "../core/profile.ts";
import { type Standing, standingOf } from "../core/standing.ts";
import type { AskPassphrase } from "../core/unlock-profile.ts";
import { Client } from "./client.ts";
import { readConfig } from "./effects/config.ts";
import { FirstRun, unfinishedOf } from "./effects/first-run.ts";
import { live, perform } from "./effects/index.ts";
import { OwnRelay } from "./effects/own-relay.ts";
import type { Session } from "./effects/session.ts";
import { settingsOf } from "./effects/settings.ts";
import { defaultSettings } from "./model/initial.ts";
import { note } from "./model/notices.ts";
import { firstStep, goOn, type WizardScreen } from "./model/screens/wizard-screen.ts";
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
  const ownRelay = new OwnRelay({ home: opening.paths.home, signal: ending.signal });
  const keepRelay = (url: string) => {
    ownRelay.keep(url, (error) => client.fail("own relay", error));
  };
  const standing = await standingOf(opening.paths, opening.passphrase);
  const session: Session = {
    ...opening,
    signal: ending.signal,
    profile: standing.kind === "ready" ? standing.profile : undefined,
    handOver: (work) => client.handOver(work),
    begin: () => {
      living = live(session, client.tell).catch((error: unknown) => client.fail("live", error));
    },
    firstRun: new FirstRun({
      ...opening,
      ownRelay,
      enter: (profile) => {
        session.profile = profile;
        keepRelay(profile.identity.relayUrl);
        session.begin();
      },
    }),
  };
  const client = new Client(
    streams,
    opening.hasColors,
    {
      me: session.profile?.identity.name ?? "",
      screens: standing.kind === "ready" ? [] : [wizardFor(standing, opening.relay, ownRelay)],
      settings: session.profile === undefined ? defaultSettings : settingsOf(session.profile),
      keymap,
      notices: mistakes.map((text) => note(text, "alarm", Date.now())),
    },
    (effect, tell) => perform(session, effect, tell),
  );
  opening.signal.addEventListener("abort", () => client.end(INTERRUPTED), { once: true });
  if (standing.kind === "begun" || standing.kind === "made") keepRelay(standing.relayUrl);
  if (standing.kind === "ready") {
    keepRelay(standing.profile.identity.relayUrl);
    session.begin();
  }
  try {
    return await client.ended;
  } finally {
    ending.abort(new ChatError("interrupted", "The client was closed."));
    await Promise.race([living, setTimeout(GRACE_MS, undefined, { ref: false })]);
    if (session.profile !== undefined) closeProfile(session.profile);
  }
}

function wizardFor(standing: Standing, relay: string | undefined, ownRelay: OwnRelay): WizardScreen {
  const first = firstStep({ relay, isLocked: standing.kind === "locked" });
  const unfinished = unfinishedOf(standing, ownRelay);
  return unfinished === undefined ? first : goOn(first, unfinished);
}
