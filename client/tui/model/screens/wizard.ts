// The first run: a relay, a name, a password, the recovery words, and somebody to write to. Every step can be gone back
// until the account is made, and every failure is said where it can be mended.
import type { CommandName } from "../command.ts";
import type { FirstRunAnswer } from "../data.ts";
import type { Effect, FirstRunQuestion } from "../effect.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, within } from "./moving.ts";
import { withTyped } from "./wizard-field.ts";
import { choicesOf, chosenStep } from "./wizard-lists.ts";
import { goOn, goTo, stepBefore, type WizardScreen, type WizardStep } from "./wizard-screen.ts";
import { proceed } from "./wizard-steps.ts";

export const wizard: Behaviour<WizardScreen> = {
  contexts: ({ fields }) => (fields.length === 0 ? ["list"] : ["wizard", "text"]),
  run(screen, command, state) {
    switch (command) {
      case "back":
        return back(screen);
      case "choose":
        return entered(screen, state);
      case "up":
      case "down":
        return { screen: moved(screen, command, state) };
      case "focus next":
        return { screen: moved(screen, "down", state) };
      case "focus previous":
        return { screen: moved(screen, "up", state) };
      // Nothing else is there before there is an account.
      case "quit":
      case "suspend":
      case "redraw":
        return undefined;
      default:
        return { screen: written(screen, command) };
    }
  },
  type(screen, text) {
    const field = screen.fields[screen.field];
    if (field === undefined || isBusy(screen)) return { screen };
    return { screen: withField(screen, withTyped(field, text)) };
  },
  choose(screen, index, state) {
    if (isBusy(screen)) return { screen };
    if (screen.fields.length > 1)
      return { screen: { ...screen, field: within(index, screen.fields.length) } };
    return index < choicesOf(screen, state).length
      ? chosenStep({ ...screen, chosen: index }, state)
      : { screen };
  },
  take(screen, loaded) {
    return loaded.what === "first run" ? answered(screen, loaded.step) : undefined;
  },
  fail(screen, effect, { code, message, hint }) {
    if (effect !== "first run") return undefined;
    const trouble = { message, hint: hint ?? hintFor(code, screen) };
    const step = stepFor(code, screen);
    if (step === undefined) return { ...screen, doing: undefined, trouble };
    return { ...goTo(screen, step, { isNameFixed: false }), trouble };
  },
};

/** What the account's other devices stand in the way of. */
function hintFor(code: string, { step }: WizardScreen): string | undefined {
  const isInTheWay = step === "recall" && (code === "not_allowed" || code === "signed_out");
  return isInTheWay ? "If they are lost, sign all others out below." : undefined;
}

/** Where it can be mended; undefined: where one is. */
function stepFor(code: string, { step }: WizardScreen): WizardStep | undefined {
  const wanted =
    code === "name_taken"
      ? "name"
      : code === "invitation_needed" || code === "invitation_invalid"
        ? "invitation"
        : step === "new password" && (code === "bad_input" || code === "login_failed")
          ? "recall"
          : undefined;
  return wanted === step ? undefined : wanted;
}

function isBusy({ doing }: WizardScreen): boolean {
  return doing !== undefined;
}

/** Enter. */
function entered(screen: WizardScreen, state: State): Step<WizardScreen> {
  if (isBusy(screen)) return { screen };
  const isList = screen.fields.length === 0 || screen.step === "first" || choicesOf(screen, state).length > 0;
  return isList ? chosenStep(screen, state) : proceed(screen);
}

function moved(screen: WizardScreen, command: "up" | "down", state: State): WizardScreen {
  if (isBusy(screen)) return screen;
  const by = command === "up" ? -1 : 1;
  if (screen.fields.length > 1) return { ...screen, field: within(screen.field + by, screen.fields.length) };
  return { ...screen, chosen: within(screen.chosen + by, choicesOf(screen, state).length) };
}

function written(screen: WizardScreen, command: CommandName): WizardScreen {
  const field = screen.fields[screen.field];
  const after = field === undefined || isBusy(screen) ? undefined : fieldAfter(field, command);
  return after === undefined ? screen : withField(screen, after);
}

/** What was wrong with the text before does not count any more. */
function withField(screen: WizardScreen, field: WizardScreen["fields"][number]): WizardScreen {
  const isOther = field.text !== screen.fields[screen.field]?.text;
  const fields = screen.fields.map((before, at) => (at === screen.field ? field : before));
  return isOther ? { ...screen, fields, trouble: undefined, chosen: 0 } : { ...screen, fields };
}

/** An account that is being made is not unmade. */
const cannotStop: ReadonlySet<WizardStep> = new Set([
  "password",
  "sign in",
  "check",
  "recall",
  "new password",
]);

function back(screen: WizardScreen): Step<WizardScreen> {
  if (screen.step === "first") return { screen: "close" };
  if (isBusy(screen)) {
    if (cannotStop.has(screen.step)) return { screen };
    return { screen: { ...screen, doing: undefined }, effects: asking({ kind: "never mind" }) };
  }
  if (screen.fields.length === 2 && screen.field > 0) return { screen: { ...screen, field: 0 } };
  const before = stepBefore(screen);
  // Whoever has no account there after all may make one.
  if (before === "name" && screen.known.isMine)
    return { screen: { ...goTo(screen, "name", { isMine: false }), chosen: 1 } };
  return { screen: before === undefined ? { ...screen, trouble: undefined } : goTo(screen, before) };
}

function asking(ask: FirstRunQuestion): readonly Effect[] {
  return [{ kind: "first run", ask }];
}

/** An answer that was not waited for any more does not come: the effect sees to that. */
function answered(screen: WizardScreen, answer: FirstRunAnswer): Step<WizardScreen> {
  switch (answer.kind) {
    case "relay found": {
      const { relay } = answer;
      const { isNameFixed, isMine } = screen.known;
      const next = isNameFixed ? (isMine ? "secret" : "password") : "name";
      return { screen: goTo(screen, next, { relay, asked: relay.url }) };
    }
    case "name free":
      return { screen: goTo(screen, "password", { name: answer.name }) };
    case "words": {
      const { words, places, file } = answer;
      return { screen: goTo(screen, "words", { words, places, file }) };
    }
    case "words saved":
      return { screen: { ...goTo(screen, "words", { savedTo: answer.path }) } };
    case "unfinished":
      return { screen: goOn(screen, answer.unfinished) };
    case "password right":
      return { screen: goTo(screen, "recall", { devices: answer.devices, isForgotten: false }) };
    case "words read":
      return { screen: goTo(screen, "recall", { recalled: answer.text }) };
    case "nothing here":
      return { screen: goTo(screen, "where") };
    case "registered":
      return { screen: goTo(screen, "first"), effects: [{ kind: "list people" }] };
    case "opened":
      return { screen: "close" };
  }
}
