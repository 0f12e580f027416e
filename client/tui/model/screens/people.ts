import { emptyComposer } from "../composer.ts";
import { nameOfTalkWith, peopleCalled } from "../directory.ts";
import { foldedName, nameTrouble } from "../new-name.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, nameFrom, stepOf, typedInto } from "./moving.ts";
import type { PeopleScreen } from "./screen.ts";

export const everybody: PeopleScreen = {
  kind: "people",
  query: emptyComposer,
  chosen: undefined,
  failure: undefined,
};

/** Everybody on the relay: whoever is chosen is written to. */
export const people: Behaviour<PeopleScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command, state) {
    const names = peopleCalled(state, screen.query.text).map(({ name }) => name);
    const by = stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: nameFrom(names, screen.chosen, by) } };
    if (command === "choose") {
      if (names.length === 0 && !state.directory.isWhole) {
        const exact = exactName(screen);
        if (exact !== undefined) return writeTo(screen, exact, state);
        return screen.failure === undefined ? { screen } : again(screen);
      }
      return writeTo(screen, nameFrom(names, screen.chosen), state);
    }
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: undefined } };
  },
  type: (screen, text) => ({
    screen: { ...screen, query: typedInto(screen.query, text), chosen: undefined },
  }),
  choose: (screen, index, state) =>
    writeTo(screen, peopleCalled(state, screen.query.text)[index]?.name, state),
  take: () => undefined,
  fail: (screen, effect, failure) => (effect === "list people" ? { ...screen, failure } : undefined),
};

/** A relay may list nobody, and find who is called exactly so. */
export function exactName({ query, failure }: Pick<PeopleScreen, "query" | "failure">): string | undefined {
  const name = foldedName(query.text);
  return failure !== undefined && nameTrouble(name) === undefined ? name : undefined;
}

function writeTo(screen: PeopleScreen, name: string | undefined, state: State): Step<PeopleScreen> {
  if (name === undefined) return { screen };
  return { screen, goTo: { conversation: nameOfTalkWith(state.conversations, name) } };
}

function again(screen: PeopleScreen): Step<PeopleScreen> {
  return { screen: { ...screen, failure: undefined }, effects: [{ kind: "list people" }] };
}
