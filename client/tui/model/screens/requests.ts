import type { RequestRow } from "../data.ts";
import type { Effect } from "../effect.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { asking, blocking, invitation } from "./confirm.ts";
import { nameFrom, stepOf } from "./moving.ts";
import type { RequestsScreen } from "./screen.ts";

export const allRequests: RequestsScreen = { kind: "requests", chosen: undefined, failure: undefined };

/** Strangers first, then those who were blocked, with whom there is nothing to do but to unblock them. */
export type RequestItem =
  | ({ readonly kind: "request" } & { readonly request: RequestRow })
  | { readonly kind: "blocked"; readonly name: string };

export function requestItems({ requests, blocked }: State): readonly RequestItem[] {
  return [
    ...requests.map((request) => ({ kind: "request", request }) as const),
    ...blocked.map((name) => ({ kind: "blocked", name }) as const),
  ];
}

/** A name may be on both lists: of a person, and of the group that somebody invites to. */
function keyOf(item: RequestItem): string {
  return item.kind === "request" ? item.request.name : `blocked/${item.name}`;
}

/** Enter shows what was written, without anybody hearing of it; accepting and blocking do not need that. */
export const requests: Behaviour<RequestsScreen> = {
  contexts: () => ["decision", "list"],
  run(screen, command, state) {
    const by = stepOf(command);
    if (by !== undefined) {
      const keys = requestItems(state).map(keyOf);
      return { screen: { ...screen, chosen: nameFrom(keys, screen.chosen, by) } };
    }
    const item = requestItems(state)[chosenItem(screen, state)];
    switch (command) {
      case "choose":
        return look(screen, item);
      case "accept":
        return item?.kind === "request" ? accept(screen, item.request) : look(screen, item);
      case "block":
        return item?.kind === "request" ? { screen, over: blocking(item.request.from) } : { screen };
      case "unblock":
        return item?.kind === "blocked" ? look(screen, item) : { screen };
      default:
        return undefined;
    }
  },
  type: (screen) => ({ screen }),
  choose: (screen, index, state) => look(screen, requestItems(state)[index]),
  take: (screen, answer) =>
    answer.what === "done" && actions.has(answer.effect)
      ? { screen: { ...screen, failure: undefined } }
      : undefined,
  fail: (screen, effect, failure) => (actions.has(effect) ? { ...screen, failure } : undefined),
};

const actions: ReadonlySet<string> = new Set([
  "accept person",
  "block",
  "unblock",
] satisfies Effect["kind"][]);

/** The place of what is chosen; the first if that is not there any more. */
export function chosenItem({ chosen }: RequestsScreen, state: State): number {
  const keys = requestItems(state).map(keyOf);
  return Math.max(0, keys.indexOf(nameFrom(keys, chosen) ?? ""));
}

function look(screen: RequestsScreen, item: RequestItem | undefined): Step<RequestsScreen> {
  if (item === undefined) return { screen };
  const here = { ...screen, chosen: keyOf(item), failure: undefined };
  if (item.kind === "blocked") {
    const question = `Unblock ${item.name}?`;
    const detail = "They can write to you again. What they wrote meanwhile is not there.";
    return {
      screen: here,
      over: asking(question, detail, "Unblock", [{ kind: "unblock", name: item.name }]),
    };
  }
  const { request } = item;
  if (request.kind === "group") return { screen: here, over: invitation(request.name, request.from) };
  return { screen: here, goTo: { conversation: request.name } };
}

function accept(screen: RequestsScreen, request: RequestRow): Step<RequestsScreen> {
  if (request.kind !== "person") return look(screen, { kind: "request", request });
  return {
    screen: { ...screen, chosen: request.name, failure: undefined },
    effects: [{ kind: "accept person", name: request.name }],
  };
}
