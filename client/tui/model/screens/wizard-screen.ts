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
  | "invitation"
  | "password"
  | "sign in"
  | "words"
  | "file"
  | "check"
  /** The password of an account that there is, its words, a file with them, and another password with their help. */
  | "secret"
  | "recall"
  | "recall file"
  | "new password"
  | "first";

type Trouble = Pick<Failure, "message" | "hint">;

/** What was found out on the way. */
interface Known {
  readonly relay: RelayFound | undefined;
  /** The address to begin with. */
  readonly asked: string;
  readonly name: string;
  /** The keys are made, for this name: a registration or a login that was cut. */
  readonly isNameFixed: boolean;
  /** There is an account already: this machine becomes a device of it. */
  readonly isMine: boolean;
  /** So many devices it has, as far as that is known. */
  readonly devices: number | undefined;
  /** Its password is forgotten: the words give it another. */
  readonly isForgotten: boolean;
  /** The words of that account, as they were typed. */
  readonly recalled: string;
  /** A token that the relay wants from newcomers. */
  readonly invitation: string;
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
  isMine: false,
  devices: undefined,
  isForgotten: false,
  recalled: "",
  invitation: "",
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
  invitation: 1,
  password: 2,
  "sign in": 1,
  words: 0,
  file: 1,
  check: 3,
  secret: 1,
  recall: 1,
  "recall file": 1,
  "new password": 2,
  first: 1,
};

const hidden: ReadonlySet<WizardStep> = new Set(["unlock", "password", "sign in", "secret", "new password"]);

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

/** What an earlier, cut registration or login left to do. */
export function goOn(screen: WizardScreen, { stage, name, relay }: Unfinished): WizardScreen {
  const step = ({ begun: "password", made: "sign in", joining: "secret" } as const)[stage];
  return goTo(screen, step, { name, relay, isNameFixed: true, isMine: stage === "joining" });
}

function at(step: WizardStep, known: Known): WizardScreen {
  const fields = Array.from({ length: fieldsOf[step] }, () => emptyComposer);
  const screen = { kind: "wizard", step, fields, field: 0, chosen: 0, known } as const;
  const { asked, name, file, recalled, invitation } = known;
  const begun = { address: asked, name, file, recall: recalled, invitation }[step as string] ?? "";
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
    case "invitation":
      return "name";
    case "password":
    case "secret":
      return known.isNameFixed ? "address" : "name";
    case "recall":
      return "secret";
    case "recall file":
    case "new password":
      return "recall";
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
