import type { RequestRow } from "../data.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { blocking, invitation } from "./confirm.ts";
import { nameFrom, stepOf } from "./moving.ts";
import type { RequestsScreen } from "./screen.ts";

export const allRequests: RequestsScreen = { kind: "requests", chosen: undefined, failure: undefined };

/** Enter shows what was written, without anybody hearing of it; accepting and blocking do not need that. */
export const requests: Behaviour<RequestsScreen> = {
  contexts: () => ["decision", "list"],
  run(screen, command, state) {
    const by = stepOf(command);
    const names = state.requests.map(({ name }) => name);
    if (by !== undefined) return { screen: { ...screen, chosen: nameFrom(names, screen.chosen, by) } };
    const request = chosenRequest(screen, state);
    switch (command) {
      case "choose":
        return look(screen, request);
      case "accept":
        return accept(screen, request);
      case "block":
        return request === undefined ? { screen } : { screen, over: blocking(request.from) };
      default:
        return undefined;
    }
  },
  type: (screen) => ({ screen }),
  choose: (screen, index, state) => look(screen, state.requests[index]),
  take: (screen, answer) =>
    answer.what === "done" && answer.effect === "accept person"
      ? { screen: { ...screen, failure: undefined } }
      : undefined,
  fail: (screen, effect, failure) =>
    effect === "accept person" || effect === "block" ? { ...screen, failure } : undefined,
};

export function chosenRequest({ chosen }: RequestsScreen, { requests }: State): RequestRow | undefined {
  const name = nameFrom(
    requests.map((request) => request.name),
    chosen,
  );
  return requests.find((request) => request.name === name);
}

function look(screen: RequestsScreen, request: RequestRow | undefined): Step<RequestsScreen> {
  if (request === undefined) return { screen };
  const here = { ...screen, chosen: request.name };
  if (request.kind === "group") return { screen: here, over: invitation(request.name, request.from) };
  return { screen: here, goTo: { conversation: request.name } };
}

function accept(screen: RequestsScreen, request: RequestRow | undefined): Step<RequestsScreen> {
  if (request?.kind !== "person") return look(screen, request);
  return {
    screen: { ...screen, chosen: request.name, failure: undefined },
    effects: [{ kind: "accept person", name: request.name }],
  };
}
