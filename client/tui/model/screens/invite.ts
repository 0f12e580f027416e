import { emptyComposer } from "../composer.ts";
import type { PersonRow } from "../data.ts";
import { peopleCalled } from "../directory.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, nameFrom, stepOf, typedInto } from "./moving.ts";
import type { InviteScreen } from "./screen.ts";

export function inviting(group: string, already: readonly string[]): InviteScreen {
  return { kind: "invite", group, already, query: emptyComposer, chosen: undefined, failure: undefined };
}

/** Who can be invited. */
export function inviteable({ already, query }: InviteScreen, state: State): readonly PersonRow[] {
  return peopleCalled(state, query.text).filter(({ name }) => !already.includes(name));
}

export const invite: Behaviour<InviteScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command, state) {
    const names = inviteable(screen, state).map(({ name }) => name);
    const by = stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: nameFrom(names, screen.chosen, by) } };
    if (command === "choose") return ask(screen, nameFrom(names, screen.chosen));
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: undefined } };
  },
  type: (screen, text) => ({
    screen: { ...screen, query: typedInto(screen.query, text), chosen: undefined },
  }),
  choose: (screen, index, state) => ask(screen, inviteable(screen, state)[index]?.name),
  take: () => undefined,
  fail: (screen, effect, failure) => (effect === "list people" ? { ...screen, failure } : undefined),
};

/** The details below hear how it went. */
function ask(screen: InviteScreen, member: string | undefined): Step<InviteScreen> {
  if (member === undefined)
    return screen.failure === undefined
      ? { screen }
      : { screen: { ...screen, failure: undefined }, effects: [{ kind: "list people" }] };
  return { screen: "close", effects: [{ kind: "invite", group: screen.group, member }] };
}
