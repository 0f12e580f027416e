import { type Composer, composerWith, emptyComposer } from "../composer.ts";
import type { RelayFound, Unfinished } from "../data.ts";
import type { Failure } from "../event.ts";

/** The way from nothing to a first conversation. */
export interface WizardScreen {
  readonly kind: "wizard";
  readonly step: WizardStep;
  /** What is written at this step, and which of them has the keys. */
  readonly fields: readonly Composer[];
  readonly field: number;
  /** The place in the list of this step, if it has one. */
  readonly chosen: number;
  /** What is waited for, in words. */
  readonly doing: string | undefined;
  readonly trouble: Trouble | undefined;
  readonly known: Known;
}

export type WizardStep =
  | "unlock"
  | "where"
  | "address"
  | "name"
  | "password"
  | "sign in"
  | "words"
  | "file"
  | "check"
  | "first";

type Trouble = Pick<Failure, "message" | "hint">;

/** What was found out on the way. */
interface Known {
  readonly relay: RelayFound | undefined;
  /** The address to begin with. */
  readonly asked: string;
  readonly name: string;
  /** The keys are made, for this name: a registration that was cut. */
  readonly isNameFixed: boolean;
  readonly words: readonly string[];
  /** The places of the words that are asked for, from 0. */
  readonly places: readonly number[];
  /** Where the words could be saved, and where they were. */
  readonly file: string;
  readonly savedTo: string | undefined;
}

const nothing: Known = {
  relay: undefined,
  asked: "",
  name: "",
  isNameFixed: false,
  words: [],
  places: [],
  file: "",
  savedTo: undefined,
};

/** How many fields a step has; those without have a list. */
const fieldsOf: Readonly<Record<WizardStep, number>> = {
  unlock: 1,
  where: 0,
  address: 1,
  name: 1,
  password: 2,
  "sign in": 1,
  words: 0,
  file: 1,
  check: 3,
  first: 1,
};

const hidden: ReadonlySet<WizardStep> = new Set(["unlock", "password", "sign in"]);

/** Whether what is written is shown as dots. */
export function isHidden({ step }: WizardScreen): boolean {
  return hidden.has(step);
}

/** At the beginning: no account, a profile to unlock, or a registration that was cut. */
export function firstStep(found: {
  readonly relay: string | undefined;
  readonly isLocked: boolean;
}): WizardScreen {
  const asked = found.relay ?? "";
  const begun = at("where", { ...nothing, asked });
  if (found.isLocked) return goTo(begun, "unlock");
  return asked === "" ? begun : goTo(begun, "address");
}

/** Another step, with what is known so far and something in its field perhaps. */
export function goTo(screen: WizardScreen, step: WizardStep, known: Partial<Known> = {}): WizardScreen {
  return at(step, { ...screen.known, ...known });
}

/** What an earlier, cut registration left to do. */
export function goOn(screen: WizardScreen, { stage, name, relay }: Unfinished): WizardScreen {
  return goTo(screen, stage === "begun" ? "password" : "sign in", { name, relay, isNameFixed: true });
}

function at(step: WizardStep, known: Known): WizardScreen {
  const fields = Array.from({ length: fieldsOf[step] }, () => emptyComposer);
  const screen = { kind: "wizard", step, fields, field: 0, chosen: 0, known } as const;
  const begun = { address: known.asked, name: known.name, file: known.file }[step as string] ?? "";
  return {
    ...screen,
    fields: begun === "" ? fields : [composerWith(begun)],
    doing: undefined,
    trouble: undefined,
  };
}

/** Where Esc leads; nowhere from the first step, nor once the account is made. */
export function stepBefore({ step, known }: WizardScreen): WizardStep | undefined {
  switch (step) {
    case "address":
    case "name":
      return "where";
    case "password":
      return known.isNameFixed ? "address" : "name";
    case "file":
    case "check":
      return "words";
    default:
      return undefined;
  }
}

export function hasWayBack(screen: WizardScreen): boolean {
  return screen.step === "first" || screen.doing !== undefined || stepBefore(screen) !== undefined;
}
