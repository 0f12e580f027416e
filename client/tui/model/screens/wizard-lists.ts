import { peopleCalled } from "../directory.ts";
import { foldedName, nameTrouble } from "../new-name.ts";
import type { State } from "../state.ts";
import type { Step } from "./behaviour.ts";
import { goTo, type WizardScreen } from "./wizard-screen.ts";

/** One of the things to choose from at a step. */
export type WizardChoice =
  | { readonly kind: "start relay" | "other relay" | "kept" | "save" | "later" }
  /** Somebody to write to; `me`: oneself. */
  | { readonly kind: "person"; readonly name: string };

const where: readonly WizardChoice[] = [{ kind: "start relay" }, { kind: "other relay" }];
const words: readonly WizardChoice[] = [{ kind: "kept" }, { kind: "save" }];

export function choicesOf(screen: WizardScreen, state: State): readonly WizardChoice[] {
  switch (screen.step) {
    case "where":
      return where;
    case "words":
      return words;
    case "first":
      return company(screen, state);
    default:
      return [];
  }
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
        screen: { ...screen, doing: "Starting a relay", trouble: undefined },
        effects: [{ kind: "first run", ask: { kind: "start relay" } }],
      };
    case "other relay":
      return { screen: goTo(screen, "address") };
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
