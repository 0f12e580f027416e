import { emptyComposer } from "../composer.ts";
import { peopleCalled } from "../directory.ts";
import type { Failure } from "../event.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, stepOf, typedInto, within } from "./moving.ts";
import type { NewGroupScreen } from "./screen.ts";

export const blankGroup: NewGroupScreen = {
  kind: "new group",
  name: emptyComposer,
  isOpen: false,
  query: emptyComposer,
  members: [],
  chosen: 0,
  isBusy: false,
  failure: undefined,
};

export type NewGroupItem =
  | { readonly kind: "name" }
  | { readonly kind: "openness" }
  | { readonly kind: "create" }
  | { readonly kind: "person"; readonly name: string; readonly isPicked: boolean };

/** Its fields and buttons in their order; those who are picked stay in sight whatever is being looked for. */
export function newGroupItems({ members, query }: NewGroupScreen, state: State): readonly NewGroupItem[] {
  const picked = new Set(members);
  const found = peopleCalled(state, query.text).filter(({ name }) => !picked.has(name));
  return [
    { kind: "name" },
    { kind: "openness" },
    { kind: "create" },
    ...members.map((name) => ({ kind: "person", name, isPicked: true }) as const),
    ...found.map(({ name }) => ({ kind: "person", name, isPicked: false }) as const),
  ];
}

export const newGroup: Behaviour<NewGroupScreen> = {
  // A blank is a blank in no field here: it marks.
  contexts: () => ["list", "text"],
  run(screen, command, state) {
    const items = newGroupItems(screen, state);
    const at = within(screen.chosen, items.length);
    const by = command === "focus next" ? 1 : command === "focus previous" ? -1 : stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: within(at + by, items.length) } };
    const item = items[at];
    if (command === "choose") return item?.kind === "name" ? down(screen, at) : choose(screen, at, state);
    if (command === "mark") return item?.kind === "name" ? { screen } : choose(screen, at, state);
    if (item?.kind === "name") {
      const name = fieldAfter(screen.name, command);
      return name && { screen: { ...screen, name, failure: undefined } };
    }
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: firstFound({ ...screen, query }, state) } };
  },
  /** What is typed is the name while one is on it, and somebody's name anywhere else. */
  type(screen, text, state) {
    if (newGroupItems(screen, state)[screen.chosen]?.kind === "name")
      return { screen: { ...screen, name: typedInto(screen.name, text), failure: undefined } };
    const next = { ...screen, query: typedInto(screen.query, text) };
    return { screen: { ...next, chosen: firstFound(next, state) } };
  },
  choose,
  take(screen, answer) {
    if (answer.what !== "done" || answer.effect !== "create group" || !screen.isBusy) return undefined;
    return { screen: "close", goTo: { conversation: answer.conversation ?? nameOf(screen) } };
  },
  fail(screen, effect, failure) {
    if (effect === "create group") return { ...screen, isBusy: false, failure };
    return effect === "list people" ? { ...screen, failure } : undefined;
  },
};

/** As it will be called: spaces do not belong to a name. */
export function nameOf({ name }: Pick<NewGroupScreen, "name">): string {
  return name.text.trim().replace(/^#/, "");
}

function down(screen: NewGroupScreen, at: number): Step<NewGroupScreen> {
  return { screen: { ...screen, chosen: at + 1 } };
}

function choose(screen: NewGroupScreen, index: number, state: State): Step<NewGroupScreen> {
  const item = newGroupItems(screen, state)[index];
  if (item === undefined) return { screen };
  const here = { ...screen, chosen: index };
  switch (item.kind) {
    case "name":
      return { screen: here };
    case "openness":
      return { screen: { ...here, isOpen: !screen.isOpen } };
    case "create":
      return create(here);
    case "person": {
      const members = item.isPicked
        ? screen.members.filter((name) => name !== item.name)
        : [...screen.members, item.name];
      const next = { ...screen, members, query: emptyComposer };
      // The choice stays with the person.
      const at = newGroupItems(next, state).findIndex(
        (each) => each.kind === "person" && each.name === item.name,
      );
      return { screen: { ...next, chosen: at === -1 ? index : at } };
    }
  }
}

const nameless: Failure = {
  code: "bad_name",
  message: "It needs a name first.",
  hint: "A few letters, digits, - _ or . such as ops.",
};

function create(screen: NewGroupScreen): Step<NewGroupScreen> {
  if (screen.isBusy) return { screen };
  const name = nameOf(screen);
  if (name === "") return { screen: { ...screen, chosen: 0, failure: nameless } };
  const { members, isOpen } = screen;
  return {
    screen: { ...screen, isBusy: true, failure: undefined },
    effects: [{ kind: "create group", name, members, open: isOpen }],
  };
}

/** Whoever fits what is typed best, so that enter picks him. */
function firstFound(screen: NewGroupScreen, state: State): number {
  const items = newGroupItems(screen, state);
  const found = items.findIndex((item) => item.kind === "person" && !item.isPicked);
  return found === -1 ? within(screen.chosen, items.length) : found;
}
