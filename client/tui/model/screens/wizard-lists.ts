import { peopleCalled } from "../directory.ts";
import { foldedName, nameTrouble } from "../new-name.ts";
import type { State } from "../state.ts";
import type { Step } from "./behaviour.ts";
import { goTo, type WizardScreen } from "./wizard-screen.ts";
import { proceed } from "./wizard-steps.ts";

/** One of the things to choose from at a step. */
export type WizardChoice =
  | { readonly kind: "start relay" | "other relay" | "sign in" | "kept" | "save" | "later" }
  /** What Enter in the field does; `mine`: there is an account of that name already. */
  | { readonly kind: "go on" | "mine" | "forgotten" | "read words" }
  | { readonly kind: "sign out others"; readonly others: number | undefined }
  /** Somebody to write to; `me`: oneself. */
  | { readonly kind: "person"; readonly name: string };

const where: readonly WizardChoice[] = [
  { kind: "start relay" },
  { kind: "other relay" },
  { kind: "sign in" },
];
const words: readonly WizardChoice[] = [{ kind: "kept" }, { kind: "save" }];

export function choicesOf(screen: WizardScreen, state: State): readonly WizardChoice[] {
  switch (screen.step) {
    case "where":
      return where;
    case "words":
      return words;
    case "name":
      return naming(screen);
    case "secret":
      return [{ kind: "go on" }, { kind: "forgotten" }];
    case "recall":
      return recalling(screen);
    case "first":
      return company(screen, state);
    default:
      return [];
  }
}

function naming({ known: { isMine, relay } }: WizardScreen): readonly WizardChoice[] {
  if (isMine) return [];
  return relay?.registration === "closed" ? [{ kind: "mine" }] : [{ kind: "go on" }, { kind: "mine" }];
}

/** Nobody is asked about other devices where there are none. */
function recalling({ known: { devices, isForgotten } }: WizardScreen): readonly WizardChoice[] {
  const plain: readonly WizardChoice[] = [{ kind: "go on" }, { kind: "read words" }];
  if (isForgotten || devices === 0) return plain;
  return [...plain, { kind: "sign out others", others: devices }];
}

function company({ fields }: WizardScreen, state: State): readonly WizardChoice[] {
  const query = foldedName(fields[0]?.text ?? "");
  const people = peopleCalled(state, query).map(({ name }): WizardChoice => ({ kind: "person", name }));
  if (query === "") return [...people, { kind: "person", name: "me" }, { kind: "later" }];
  if (query === "me") return [{ kind: "person", name: "me" }, ...people];
  // Until everybody is listed, somebody who is not may be there all the same.
  const isListed = people.some((choice) => choice.kind === "person" && choice.name === query);
  const mayBe = !isListed && !state.directory.isWhole && nameTrouble(query) === undefined;
  return mayBe ? [...people, { kind: "person", name: query }] : people;
}

export function chosenStep(screen: WizardScreen, state: State): Step<WizardScreen> {
  const choice = choicesOf(screen, state)[screen.chosen];
  switch (choice?.kind) {
    case "start relay":
      return {
        screen: {
          ...screen,
          doing: "Starting a relay",
          trouble: undefined,
          known: { ...screen.known, isMine: false },
        },
        effects: [{ kind: "first run", ask: { kind: "start relay" } }],
      };
    case "other relay":
      return { screen: goTo(screen, "address", { isMine: false }) };
    case "sign in":
      return { screen: goTo(screen, "address", { isMine: true }) };
    case "go on":
      return proceed(screen);
    case "mine":
      return proceed({ ...screen, known: { ...screen.known, isMine: true } });
    case "forgotten":
      return { screen: goTo(screen, "recall", { isForgotten: true }) };
    case "read words":
      return { screen: goTo(screen, "recall file", { recalled: screen.fields[0]?.text ?? "" }) };
    case "sign out others":
      return proceed(screen, true);
    case "kept":
      return { screen: goTo(screen, "check") };
    case "save":
      return { screen: goTo(screen, "file") };
    case "person":
      return { screen: "close", goTo: { conversation: choice.name } };
    case "later":
      return { screen: "close" };
    case undefined:
      return { screen: { ...screen, trouble: nobody(screen) } };
  }
}

function nobody({ fields }: WizardScreen): WizardScreen["trouble"] {
  const name = fields[0]?.text.trim() ?? "";
  return { message: `Nobody on this relay is called ${name}.`, hint: "Names are listed as people register." };
}
