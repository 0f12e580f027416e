import { composerWith } from "../composer.ts";
import { rowOf } from "../conversation-list.ts";
import type { Loaded } from "../data.ts";
import { nameOfTalkWith } from "../directory.ts";
import type { Effect } from "../effect.ts";
import { failed, loaded, loading, valueIn } from "../loadable.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { asking, blocking, differing } from "./confirm.ts";
import { type DetailsItem, detailsItems, signed } from "./details-items.ts";
import { inviting } from "./invite.ts";
import { memberChoices, policyChoices } from "./member-choices.ts";
import { fieldAfter, stepOf, typedInto, within } from "./moving.ts";
import type { DetailsScreen, Screen } from "./screen.ts";

interface Opening {
  readonly screen: DetailsScreen;
  readonly effects: readonly Effect[];
}

const plain = { kind: "details", chosen: 0, renaming: undefined, failure: undefined } as const;

export function groupDetails(name: string): Opening {
  return {
    screen: { ...plain, name, about: { kind: "group", group: loading } },
    effects: [{ kind: "load group", name }],
  };
}

export function personDetails(name: string): Opening {
  return {
    screen: { ...plain, name, about: { kind: "person", number: loading } },
    effects: [{ kind: "safety number", name }],
  };
}

export const details: Behaviour<DetailsScreen> = {
  contexts: ({ renaming }) => (renaming === undefined ? ["list"] : ["list", "text"]),
  run(screen, command, state) {
    if (screen.renaming !== undefined) return rename(screen, screen.renaming, command);
    const by = stepOf(command);
    const count = detailsItems(screen, state).length;
    if (by !== undefined) return { screen: { ...screen, chosen: within(screen.chosen + by, count) } };
    if (command !== "choose") return undefined;
    return contentOf(screen).kind === "failed" ? again(screen) : choose(screen, screen.chosen, state);
  },
  type: (screen, text) =>
    screen.renaming === undefined
      ? { screen }
      : { screen: { ...screen, renaming: typedInto(screen.renaming, text) } },
  choose,
  take: (screen, answer) => taken(screen, answer),
  fail(screen, effect, failure) {
    const { about } = screen;
    if (effect === "load group" && about.kind === "group")
      return { ...screen, about: { ...about, group: failed(about.group, failure) } };
    if (effect === "safety number" && about.kind === "person")
      return { ...screen, about: { ...about, number: failed(about.number, failure) } };
    return actions.has(effect) ? { ...screen, failure } : undefined;
  },
};

/** What is done from here; when it was, the details are not what they were. */
const actions: ReadonlySet<string> = new Set([
  "invite",
  "remove",
  "role",
  "rename",
  "policy",
  "leave",
  "mute",
  "verify",
  "accept person",
  "block",
  "unblock",
] satisfies Effect["kind"][]);

/** Of those, what changes how one stands to a person. */
const ofPerson: ReadonlySet<string> = new Set([
  "verify",
  "accept person",
  "block",
  "unblock",
] satisfies Effect["kind"][]);

function contentOf({ about }: DetailsScreen) {
  return about.kind === "group" ? about.group : about.number;
}

function taken(screen: DetailsScreen, answer: Loaded): Step<DetailsScreen> | undefined {
  const { about, name } = screen;
  if (answer.what === "group" && about.kind === "group" && answer.group.name === name)
    return { screen: { ...screen, about: { ...about, group: loaded(answer.group) } } };
  if (answer.what === "safety number" && about.kind === "person" && answer.number.with === name)
    return { screen: { ...screen, about: { ...about, number: loaded(answer.number) } } };
  if (answer.what !== "done" || !actions.has(answer.effect)) return undefined;
  if (answer.effect === "leave") return { screen: "close" };
  // A group that was renamed is called otherwise here, too.
  const renamed = answer.effect === "rename" ? (answer.conversation ?? name) : name;
  const here = { ...screen, name: renamed, failure: undefined };
  const effect = about.kind === "group" ? "load group" : "safety number";
  const isSeen = about.kind === "group" || ofPerson.has(answer.effect);
  return { screen: here, effects: isSeen ? [{ kind: effect, name: renamed }] : [] };
}

function rename(
  screen: DetailsScreen,
  title: NonNullable<DetailsScreen["renaming"]>,
  command: Parameters<Behaviour<DetailsScreen>["run"]>[1],
): Step<DetailsScreen> | undefined {
  const closed = { ...screen, renaming: undefined };
  if (command === "back") return { screen: closed };
  if (command === "choose") {
    const wanted = title.text.trim().replace(/^#/, "");
    const { about } = screen;
    const before = about.kind === "group" ? valueIn(about.group)?.title : undefined;
    if (wanted === "" || wanted === before) return { screen: closed };
    return {
      screen: { ...closed, failure: undefined },
      effects: [{ kind: "rename", group: screen.name, title: wanted }],
    };
  }
  if (command === "mark") return { screen: { ...screen, renaming: typedInto(title, " ") } };
  const renaming = fieldAfter(title, command);
  return renaming && { screen: { ...screen, renaming } };
}

function choose(screen: DetailsScreen, index: number, state: State): Step<DetailsScreen> {
  const item = detailsItems(screen, state)[index];
  if (item === undefined) return { screen };
  const here = { ...screen, chosen: index, renaming: undefined };
  const step = whatComesOf(here, item, state);
  return { screen: here, ...step };
}

/** Nothing, for what is there to be read. */
function whatComesOf(screen: DetailsScreen, item: DetailsItem, state: State): Partial<Step<DetailsScreen>> {
  const { name, about } = screen;
  const group = about.kind === "group" ? valueIn(about.group) : undefined;
  switch (item.kind) {
    case "write":
      return { goTo: { conversation: name } };
    case "same":
      return { effects: [{ kind: "verify", name, isSame: true }] };
    case "forget":
      return { effects: [{ kind: "verify", name, isSame: false }] };
    case "differ":
      return { over: differing(name) };
    case "accept":
      return { effects: [{ kind: "accept person", name }] };
    case "unblock":
      return { effects: [{ kind: "unblock", name }] };
    case "block":
      return { over: blocking(name) };
    case "notify": {
      const notify = ({ all: "mentions", mentions: "none", none: "all" } as const)[item.level];
      return { effects: [{ kind: "mute", conversation: name, notify }] };
    }
    case "member": {
      const talk = nameOfTalkWith(state.conversations, item.name);
      const over = group && memberChoices(group, { ...item, talk }, state.me, personDetails(talk));
      return over === undefined ? {} : { over };
    }
    case "invited":
      return item.mayTakeBack
        ? {
            over: asking(`Take back the invitation of ${item.name}?`, "It can be given again.", "Take back", [
              { kind: "remove", group: name, member: item.name },
            ]),
          }
        : {};
    case "invite": {
      const already = [...(group?.members ?? []), ...(group?.invited ?? [])].map((each) => each.name);
      return { over: inviting(name, already), effects: [{ kind: "list people" }] };
    }
    case "policy": {
      const over = item.mayChange ? policyChoices(name, item) : undefined;
      return over === undefined ? {} : { over };
    }
    case "rename":
      return { screen: { ...screen, renaming: composerWith(group?.title ?? ""), failure: undefined } };
    case "leave":
      return leave(screen, item.isOnlyOwner);
    case "past":
      return {};
  }
}

function leave(screen: DetailsScreen, isOnlyOwner: boolean): Partial<Step<DetailsScreen>> {
  if (isOnlyOwner) {
    const failure = {
      code: "not_allowed",
      message: "You are its only owner.",
      hint: "Make somebody else an owner first: choose a member.",
    };
    return { screen: { ...screen, failure } };
  }
  const detail = "You get nothing that is written from then on. What is here stays.";
  return {
    over: asking(`Leave ${signed(screen.name)}?`, detail, "Leave", [{ kind: "leave", name: screen.name }]),
  };
}

function again(screen: DetailsScreen): Step<DetailsScreen> {
  const { screen: fresh, effects } =
    screen.about.kind === "group" ? groupDetails(screen.name) : personDetails(screen.name);
  return { screen: fresh, effects };
}

/** Who is in a group has changed, or what they may do: whoever looks at it sees it. */
export function detailsAgain(screens: readonly Screen[], name: string): readonly Effect[] {
  const isShown = screens.some(
    (each) => each.kind === "details" && each.name === name && each.about.kind === "group",
  );
  return isShown ? [{ kind: "load group", name }] : [];
}

/** Of the conversation that is open. */
export function detailsOf(state: State): Opening | undefined {
  const { open } = state;
  if (open === undefined) return undefined;
  const kind = rowOf(state, open.name)?.kind ?? open.head?.kind ?? "dm";
  if (kind === "self") return undefined;
  return kind === "dm" ? personDetails(open.name) : groupDetails(open.name);
}
