import type { CommandName } from "../command.ts";
import { emptyComposer } from "../composer.ts";
import type { Failure } from "../event.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, stepOf, within } from "./moving.ts";
import type { SignOutScreen } from "./screen.ts";
import { withTyped } from "./wizard-field.ts";

export const signingOut: SignOutScreen = {
  kind: "sign out",
  stage: "ask",
  isLast: undefined,
  words: emptyComposer,
  chosen: 0,
  isBusy: false,
  failure: undefined,
};

/** Nothing of the account is left here. */
export const signedOut: SignOutScreen = { ...signingOut, stage: "done" };

type Answer = "stay" | "sign out" | "with words" | "without words" | "try again" | "only here" | "quit";

/** What can be answered; staying comes first. */
export function signOutAnswers({ stage, isLast }: SignOutScreen): readonly Answer[] {
  switch (stage) {
    case "ask":
      if (isLast === undefined) return ["stay"];
      return isLast ? ["stay", "with words", "without words"] : ["stay", "sign out"];
    case "words":
      return [];
    case "unreachable":
      return ["stay", "try again", "only here"];
    case "done":
      return ["quit"];
  }
}

export const signOut: Behaviour<SignOutScreen> = {
  contexts: ({ stage }) => (stage === "words" ? ["wizard", "text"] : ["list"]),
  run(screen, command) {
    if (command === "back") return back(screen);
    if (screen.stage === "words") return withWords(screen, command);
    const by = stepOf(command);
    const count = signOutAnswers(screen).length;
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, count) } };
    return command === "choose" && !screen.isBusy ? choose(screen, screen.chosen) : undefined;
  },
  type: (screen, text) =>
    screen.stage !== "words" || screen.isBusy
      ? { screen }
      : { screen: { ...screen, words: withTyped(screen.words, text), failure: undefined } },
  choose: (screen, index) => (screen.isBusy ? { screen } : choose(screen, index)),
  take(screen, answer) {
    if (answer.what === "keys") {
      const isLast = answer.keys.devices.length < 2;
      return screen.stage === "ask" ? { screen: { ...screen, isLast } } : undefined;
    }
    return undefined;
  },
  fail(screen, effect, failure) {
    if (effect === "load keys") return screen.isLast === undefined ? { ...screen, failure } : undefined;
    return effect === "sign out" ? refused(screen, failure) : undefined;
  },
};

/** What is under way goes on; what was signed out cannot be gone back to. */
function back(screen: SignOutScreen): Step<SignOutScreen> {
  if (screen.stage === "done") return { screen: "close", effects: [{ kind: "quit" }] };
  return { screen: screen.stage === "ask" || screen.isBusy ? "close" : asked(screen) };
}

function asked(screen: SignOutScreen): SignOutScreen {
  return { ...screen, stage: "ask", chosen: 0, failure: undefined };
}

function refused(screen: SignOutScreen, failure: Failure): SignOutScreen {
  const stage = failure.code === "relay_unreachable" ? "unreachable" : screen.stage;
  return { ...screen, stage, isBusy: false, chosen: 0, failure };
}

function withWords(screen: SignOutScreen, command: CommandName): Step<SignOutScreen> | undefined {
  if (command === "choose")
    return screen.isBusy || screen.words.text.trim() === "" ? { screen } : leaving(screen, false);
  const words = screen.isBusy ? undefined : fieldAfter(screen.words, command);
  return words && { screen: { ...screen, words, failure: undefined } };
}

function leaving(screen: SignOutScreen, isOffline: boolean): Step<SignOutScreen> {
  const words = screen.words.text.trim();
  return {
    screen: { ...screen, isBusy: true, failure: undefined },
    effects: [{ kind: "sign out", words: words === "" ? undefined : words, isOffline }],
  };
}

function choose(screen: SignOutScreen, index: number): Step<SignOutScreen> {
  const here = { ...screen, chosen: index };
  switch (signOutAnswers(screen)[index]) {
    case "stay":
      return { screen: "close" };
    case "sign out":
    case "without words":
    case "try again":
      return leaving(here, false);
    case "only here":
      return leaving(here, true);
    case "with words":
      return { screen: { ...here, stage: "words", chosen: 0, failure: undefined } };
    case "quit":
      return { screen: here, effects: [{ kind: "quit" }] };
    default:
      return { screen: here };
  }
}
