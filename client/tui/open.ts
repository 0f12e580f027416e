import { setTimeout } from "node:timers/promises";
import { type SetUpStage, setUpStageOf } from "../core/account/set-up-stage.ts";
import type { AskPassphrase } from "../core/account/unlock-profile.ts";
import { ChatError } from "../core/chat-error.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../core/profile.ts";
import { Client } from "./client.ts";
import { readConfig } from "./effects/config.ts";
import type { FirstRun } from "./effects/first-run.ts";
import type { OwnRelay } from "./effects/own-relay.ts";
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

/**
 * The full-screen client, from its first frame to the exit status. What the first frame does not need is loaded after
 * it: protocol, network and effects take longer than all that is before.
 */
export async function openTui(opening: Opening, streams: Streams): Promise<number> {
  const ending = new AbortController();
  const leaving = new AbortController();
  const { keymap, mistakes } = readConfig(opening.paths);
  let living: Promise<void> = Promise.resolve();
  let effects: typeof import("./effects/index.ts") | undefined;
  const load = async () => {
    effects = await import("./effects/index.ts");
    return effects;
  };
  let ownRelay: OwnRelay | undefined;
  const loadOwnRelay = async () => {
    const { OwnRelay } = await import("./effects/own-relay.ts");
    ownRelay ??= new OwnRelay({ home: opening.paths.home, signal: ending.signal });
    return ownRelay;
  };
  const keepRelay = (url: string) => {
    const failed = (error: unknown) => client.fail("own relay", error);
    loadOwnRelay().then((relay) => relay.keep(url, failed), failed);
  };
  const standing = await setUpStageOf(opening.paths, opening.passphrase);
  const enter = (profile: Profile) => {
    session.profile = profile;
    keepRelay(profile.identity.relayUrl);
    session.begin();
  };
  const wizard =
    standing.kind === "ready" ? undefined : await wizardOf(opening, standing, enter, await loadOwnRelay());
  const session: Session = {
    ...opening,
    signal: AbortSignal.any([ending.signal, leaving.signal]),
    profile: standing.kind === "ready" ? standing.profile : undefined,
    handOver: (work) => client.handOver(work),
    notify: (notification) => client.notify(notification),
    begin: () => {
      // At once if it can be: what the wizard asks for next needs it.
      const begun =
        effects === undefined
          ? load().then(({ live }) => live(session, client.tell))
          : effects.live(session, client.tell);
      living = begun.catch((error: unknown) => client.fail("live", error));
    },
    leave: async () => {
      leaving.abort(new ChatError("interrupted", "The profile is closed."));
      await Promise.race([living, setTimeout(GRACE_MS)]);
      if (session.profile !== undefined) closeProfile(session.profile);
      session.profile = undefined;
    },
    firstRun: wizard?.firstRun,
  };
  const client = new Client(
    streams,
    opening.hasColors,
    {
      me: session.profile?.identity.name ?? "",
      screens: wizard === undefined ? [] : [wizard.screen],
      settings: session.profile === undefined ? defaultSettings : settingsOf(session.profile),
      keymap,
      notices: mistakes.map((text) => note(text, "alarm", Date.now())),
    },
    (effect, tell) =>
      effects === undefined
        ? load().then(({ perform }) => perform(session, effect, tell))
        : effects.perform(session, effect, tell),
  );
  opening.signal.addEventListener("abort", () => client.end(INTERRUPTED), { once: true });
  if (standing.kind === "begun" || standing.kind === "made" || standing.kind === "joining")
    keepRelay(standing.relayUrl);
  if (standing.kind === "ready") enter(standing.profile);
  try {
    return await client.ended;
  } finally {
    ending.abort(new ChatError("interrupted", "The client was closed."));
    await Promise.race([living, setTimeout(GRACE_MS, undefined, { ref: false })]);
    if (session.profile !== undefined) closeProfile(session.profile);
  }
}

async function wizardOf(
  opening: Opening,
  standing: SetUpStage,
  enter: (profile: Profile) => void,
  ownRelay: OwnRelay,
): Promise<{ readonly screen: WizardScreen; readonly firstRun: FirstRun }> {
  const { FirstRun, unfinishedOf } = await import("./effects/first-run.ts");
  const first = firstStep({ relay: opening.relay, isLocked: standing.kind === "locked" });
  const unfinished = unfinishedOf(standing, ownRelay);
  return {
    screen: unfinished === undefined ? first : goOn(first, unfinished),
    firstRun: new FirstRun({ ...opening, ownRelay, enter }),
  };
}
